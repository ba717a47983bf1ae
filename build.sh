#!/usr/bin/env bash
# build.sh            install what is missing, build everything in Release, leave out/nativetrain
# build.sh native     only the native library
# build.sh demo       build, then train, validate and draw on a generated data set
# build.sh test       build, then run every test
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

native() {
  cmake -S native/cpu -B build/cpu -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_EXPORT_COMPILE_COMMANDS=ON > /dev/null
  cmake --build build/cpu
}

native
