#include "planned_failures.h"
#include "../emulator.h"
#include "result.h"

#include <map>
#include <string>

namespace emu {

namespace {

struct Plan {
    int calls_before, times, status;
};
std::map<std::string, Plan, std::less<>> plans;

}  // namespace

int planned_failure(const char* function) {
    if (plans.empty()) return 0;
    auto at = plans.find(std::string_view(function));
    if (at == plans.end()) return 0;
    Plan& plan = at->second;
    if (plan.calls_before-- > 0) return 0;
    const int status = plan.status;
    if (--plan.times == 0) plans.erase(at);
    return status;
}

}  // namespace emu

EMU_API void emu_fail(const char* function, int calls_before, int times, int status) {
    emu::Lock lock(emu::driver_mutex());
    if (times <= 0) emu::plans.erase(function);
    else emu::plans[function] = {calls_before, times, status};
}
