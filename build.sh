#!/usr/bin/env bash
# build.sh            install what is missing, build everything in Release, leave out/nativetrain
# build.sh native     only the native libraries (the one for several processes where there is an MPI: libopenmpi-dev)
# build.sh portable   the native libraries for other processors too (x86-64-v3), into build/portable
# build.sh demo       build, then train, validate and draw on a generated data set (about 3 minutes)
# build.sh race       build, download libtorch (190 MB, once) and race its training step with ours (docs/performance.md); settings
#                     may follow: rounds=15 parts=step,loader,epoch,start …
# build.sh test       build, then run every test; the last line is "N passed, N failed, N skipped"
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

PACKAGES=(g++ cmake ninja-build libdnnl-dev)

die() { echo "build.sh: $*" >&2; exit 2; }

[[ $(uname -m) == x86_64 ]] || die "x86-64 Linux only, this is $(uname -m)"

# Debian packages: installed as root, or through sudo, or named for someone who may.
install_missing() {
  command -v dotnet > /dev/null || die "the .NET 10 SDK is missing (https://dotnet.microsoft.com/download); 'dotnet' must be on the PATH"
  local version; version=$(dotnet --version 2> /dev/null || true)
  [[ ${version%%.*} -ge 10 ]] 2> /dev/null || die "the .NET 10 SDK is missing: 'dotnet --version' says '$version'"
  command -v dpkg-query > /dev/null || { check_tools; return; }
  local missing=() package
  for package in "${PACKAGES[@]}"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null) == installed ]] || missing+=("$package")
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  local root=()
  if [[ $(id -u) -ne 0 ]]; then
    if command -v sudo > /dev/null && { sudo -n true 2> /dev/null || [[ -t 0 ]]; }; then
      root=(sudo)
    else
      die "packages are missing; run this as root, then build.sh again:  apt-get install -y --no-install-recommends ${missing[*]}"
    fi
  fi
  echo "installing: ${missing[*]}"
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null ||
    die "apt-get install ${missing[*]} failed"
}

# Not Debian: say what is needed instead of installing it.
check_tools() {
  local tool
  for tool in g++ cmake ninja; do
    command -v "$tool" > /dev/null || die "'$tool' is missing; install g++, cmake, ninja and oneDNN 2.6 or later, below 3 (Debian: apt-get install ${PACKAGES[*]})"
  done
}

# The libraries are compiled for this very processor, so a build folder from another one (or from another place, which
# cmake does not like) is thrown away.
native_part() {
  compile "$1" "build/$1" native "$PWD $(grep -m1 '^flags' /proc/cpuinfo | sha1sum)"
}

# A part of native/ into a folder, for a processor; of its targets those that are named, else all. What the folder holds
# of another origin is thrown away.
compile() {
  local part=$1 folder=$2 march=$3 origin=$4; shift 4
  [[ -f $folder/origin && $(< "$folder/origin") != "$origin" ]] && rm -rf "$folder"
  mkdir -p "$folder"
  echo "$origin" > "$folder/origin"
  if [[ ! -f $folder/build.ninja || ! -f $folder/CMakeCache.txt ]]; then
    cmake -S "native/$part" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DNATIVETRAIN_MARCH="$march" > /dev/null
  fi
  cmake --build "$folder" --target "${@:-all}" -- --quiet
}

native() {
  native_part cpu
  native_part emulator
  native_mpi
}

# What several processes need to train together; left out where the machine has no MPI.
native_mpi() {
  if command -v mpicc > /dev/null; then
    native_part mpi
  else
    rm -rf build/mpi
  fi
}

portable() {
  compile cpu build/portable/cpu x86-64-v3 "$PWD x86-64-v3"
  compile emulator build/portable/emulator x86-64-v3 "$PWD x86-64-v3" nativetrain_emulator nativetrain_kernels
  if command -v mpicc > /dev/null; then compile mpi build/portable/mpi x86-64-v3 "$PWD x86-64-v3"; fi
}

# Runs a build step unless the files it depends on are those of its last success.
unless_current() {
  local stamp=build/$1.stamp now folders
  read -ra folders <<< "$2"
  shift 2
  now=$(find "${folders[@]}" build.sh Directory.*.props NativeTrain.sln build/{cpu,emulator,mpi}/*.so \
          \( -name bin -o -name obj \) -prune -o -type f -printf '%p %s %T@\n' | LC_ALL=C sort | sha1sum)
  [[ -f $stamp && $(< "$stamp") == "$now" ]] && return
  "$@"
  echo "$now" > "$stamp"
}

publish() {
  # ReadyToRun: compiled for this system ahead of time, which saves most of a start's compiling (docs/performance.md).
  dotnet publish src/NativeTrain.Cli -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true -o out/app -v quiet
  cat > out/nativetrain <<'LAUNCHER'
#!/bin/sh
# oneDNN's own threads, which work where the pool's have no share each (docs/decisions.md), soon sleep: threads that spin on would take
# the cores from those and from other programs.
[ -n "$OMP_WAIT_POLICY$GOMP_SPINCOUNT" ] || export GOMP_SPINCOUNT=2000
exec dotnet "$(dirname "$(readlink -f "$0")")/app/nativetrain.dll" "$@"
LAUNCHER
  chmod +x out/nativetrain
}

managed() {
  [[ -x out/nativetrain ]] || rm -f build/app.stamp
  unless_current app src publish
}

build_tests() {
  dotnet build NativeTrain.sln -c Release -v quiet
}

# Small pictures and batches, and a step for every batch (nbs = batch): many updates in little time.
demo() {
  local here=out/demo
  [[ -f $here/data/data.yaml ]] || out/nativetrain data shapes $here/data train=240 val=40 imgsz=160 seed=0
  rm -rf $here/train $here/val $here/predict
  out/nativetrain train model=yolo11n.yaml data=$here/data/data.yaml imgsz=160 epochs=36 batch=8 nbs=8 seed=0 project=$here name=train
  echo
  out/nativetrain val model=$here/train/weights/best.safetensors data=$here/data/data.yaml imgsz=160 project=$here name=val
  echo
  out/nativetrain predict model=$here/train/weights/best.safetensors source="$here/data/images/val/0000*.jpg" imgsz=160 project=$here name=predict
  echo
  echo "The demo is done. Look at:"
  echo "  $here/train/val_batch0_pred.jpg    what the trained detector finds in the validation pictures"
  echo "  $here/train/val_batch0_labels.jpg  what there is to find"
  echo "  $here/train/results.png            losses and metrics by epoch"
  echo "  $here/predict/                     single pictures with boxes"
  echo "  $here/train/weights/               best.safetensors and last.safetensors"
}

# The peer is no part of the solution: only a race downloads libtorch. Its library wants one symbol that Debian 12's
# libstdc++ has not (bench/NativeTrain.Race/Peer.cs); a library of one empty function stands in for it.
race() {
  local peers=build/peers
  dotnet build bench/NativeTrain.Race -c Release -v quiet
  dotnet build bench/peers -c Release -v quiet || die "the peer was not built; it needs NuGet's TorchSharp-cpu and 1 GB of disk"
  mkdir -p $peers
  [[ -f $peers/libcxxinit.so ]] || echo 'extern "C" void _ZSt21ios_base_library_initv() {}' | g++ -x c++ -shared -fPIC -o $peers/libcxxinit.so -
  OMP_WAIT_POLICY=passive dotnet bench/NativeTrain.Race/bin/Release/net10.0/NativeTrain.Race.dll "$@"
}

# A number of a result file's counters.
counter() { grep -o " $1=\"[0-9]*" <<< "$counters" | grep -o '[0-9]*$'; }

# Runs the tests of a project (a filter may follow, and a word for what is special about the run) and adds up what came
# of them. The counts come from the result file; a test host that dies counts as a failure.
passed=0 failed=0 skipped=0
run_project() {
  local project=$1 filter=${2:-} special=${3:-} name counters rc=0 total=0 executed=0 ok=0 bad=0
  name=$(basename "$project" .csproj)
  local title=$name${special:+, $special} result=$name${special:+-$special}.trx
  echo "--- $title"
  dotnet test "$(dirname "$project")/bin/Release/net10.0/$name.dll" ${filter:+--filter "$filter"} --results-directory build/tests \
    --logger "trx;LogFileName=$result" --logger "console;verbosity=minimal" || rc=$?
  if [[ -f build/tests/$result ]]; then
    counters=$(grep -o '<Counters [^>]*' "build/tests/$result")
    total=$(counter total) executed=$(counter executed) ok=$(counter passed)
    bad=$((executed - ok))
  fi
  if [[ $rc -ne 0 && $bad -eq 0 ]]; then
    echo "$title: the test run itself failed (exit code $rc)"
    bad=1
  fi
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + total - executed))
}

run_tests() {
  # Tests call tiny kernels by the thousand, several at once: threads that wait must sleep, not spin for each other's cores.
  export OMP_WAIT_POLICY=passive
  rm -rf build/tests
  local project verdict=0
  for project in tests/*/*.Tests.csproj; do run_project "$project"; done
  # Every op once more with every access to memory looked at (the process reads the variable once).
  NATIVETRAIN_EMULATOR=checked run_project tests/NativeTrain.Cuda.Tests/NativeTrain.Cuda.Tests.csproj "FullyQualifiedName~OpTests" checked
  [[ $failed -eq 0 ]] || verdict=1
  # Skipping is for clones without the reference data; where it is there, a skipped test hides something.
  if [[ ${CI:-} == true && -d ../shared && $skipped -gt 0 ]]; then
    echo "skipped tests count as failures here: ../shared is present"
    verdict=1
  fi
  echo "$passed passed, $failed failed, $skipped skipped"
  return $verdict
}

verb=${1:-build}
case $verb in
  native) install_missing; native ;;
  portable) install_missing; portable ;;
  build)  install_missing; native; managed; echo "ready: out/nativetrain" ;;
  demo)   install_missing; native; managed; demo ;;
  race)   install_missing; native; managed; race "${@:2}" ;;
  test)   install_missing; native; managed; unless_current tests "src tests bench" build_tests; run_tests ;;
  *)      die "unknown verb '$verb'; known: native, portable, demo, race, test, or none to build everything" ;;
esac
