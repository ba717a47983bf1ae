#include "kernel_image.h"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace emu::check {

namespace {

// The library among those that are loaded.
KernelImage find_image(const void* function) {
    struct Search {
        uintptr_t function;
        KernelImage image;
    } search{reinterpret_cast<uintptr_t>(function), {}};
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* data) {
            auto& [address, found] = *static_cast<Search*>(data);
            KernelImage image{info->dlpi_name, info->dlpi_addr, {}, info->dlpi_tls_modid, 0, {}, {}};
            for (int i = 0; i < info->dlpi_phnum; i++) {
                const auto& header = info->dlpi_phdr[i];
                if (header.p_type == PT_LOAD) image.segments.emplace_back(image.base + header.p_vaddr, image.base + header.p_vaddr + header.p_memsz);
                if (header.p_type == PT_TLS) image.tls_bytes = header.p_memsz;
            }
            if (!image.contains(address)) return 0;
            found = image;
            return 1;
        },
        &search);
    return search.image;
}

// Symbols of local functions and variables stand in the file only, in its section .symtab.
KernelImage read_image(const void* function) {
    KernelImage image = find_image(function);
    std::ifstream file(image.path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (bytes.size() < sizeof(Elf64_Ehdr)) return image;
    const auto* header = reinterpret_cast<const Elf64_Ehdr*>(bytes.data());
    const auto* sections = reinterpret_cast<const Elf64_Shdr*>(bytes.data() + header->e_shoff);
    for (int i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB) continue;
        const char* names = bytes.data() + sections[sections[i].sh_link].sh_offset;
        const auto* symbols = reinterpret_cast<const Elf64_Sym*>(bytes.data() + sections[i].sh_offset);
        for (size_t s = 0; s < sections[i].sh_size / sizeof(Elf64_Sym); s++) {
            const auto& symbol = symbols[s];
            if (symbol.st_shndx == SHN_UNDEF) continue;
            if (ELF64_ST_TYPE(symbol.st_info) == STT_TLS) image.shared.push_back({names + symbol.st_name, symbol.st_value, symbol.st_size});
            if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC) image.functions.push_back({names + symbol.st_name, image.base + symbol.st_value, symbol.st_size});
        }
    }
    std::ranges::sort(image.shared, {}, &Symbol::start);
    return image;
}

}  // namespace

const KernelImage& image_of(void (*kernel)()) {
    static const KernelImage image = read_image(reinterpret_cast<const void*>(kernel));
    return image;
}

}  // namespace emu::check
