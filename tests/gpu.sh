#!/usr/bin/env bash
# The CUDA backend on a real GPU: tests, golden models, a training, kernels and steps timed, the steps beside PyTorch's; writes a
# report in Markdown.
#
#   on a machine with the SDK:   tests/gpu.sh pack DIR         leaves in DIR all that the GPU machine needs
#   on the machine with the GPU: DIR/gpu.sh [REPORT.md]        needs the driver and CUDA's libraries (NVRTC; cuDNN and
#                                                              cuBLAS if they are to be measured), no SDK
#   anywhere:                    DIR/gpu.sh trial [REPORT.md]  every part in small on the emulator: whether the folder is whole
#
# The folder's libraries run on any x86-64-v3 processor (AVX2). Beside ../shared (or DIR/shared) the golden models and bccd are
# used. Where python3 has torch, its steps are timed as well: of Ultralytics' model where ultralytics is installed, else of the
# TorchScript file that NATIVETRAIN_TORCHSCRIPT names. Parts that lack something say so and are left out.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

pack() {
  local to=$1 root; root=$(cd "$here/.." && pwd)
  set -e
  mkdir -p "$to"
  to=$(cd "$to" && pwd)
  cd "$root"
  ./build.sh portable
  publish src/NativeTrain.Cli "$to/app"
  publish tests/NativeTrain.Cuda.Tests "$to/tests"
  # The tests look for the reference data beside the folder that holds the solution: here DIR/shared.
  touch "$to/tests/NativeTrain.sln"
  cp tests/gpu.sh bench/torch_step.py "$to/"
  [[ ! -d ../shared ]] || { mkdir -p "$to/shared"; cp -r ../shared/golden ../shared/data "$to/shared/"; }
  echo "packed: $to (run $to/gpu.sh on the machine with the GPU)"
}

# A program with the libraries for other processors, and what these need beside the C and C++ libraries.
publish() {
  local project=$1 to=$2
  dotnet publish "$project" -c Release -r linux-x64 --self-contained -p:NativeBuild="$PWD/build/portable/" -o "$to" -v quiet
  ldd build/portable/cpu/libnativetrain_cpu.so | awk '/libdnnl|libgomp|libOpenCL/ { print $3 }' | xargs -I{} cp -L {} "$to/"
}

if [[ ${1:-} == pack ]]; then
  [[ $# == 2 ]] || { echo "usage: tests/gpu.sh pack DIR" >&2; exit 2; }
  pack "$2"
  exit
fi

# What is asked of each part: on a GPU, and of a trial.
device=cuda torch_device=cuda tests=() training=(epochs=60 imgsz=320 batch=16) kernels=(batch=16 "imgsz=320,640") step=(imgsz=640 batch=16)
if [[ ${1:-} == trial ]]; then
  shift
  device=emulator torch_device=cpu tests=(-class NativeTrain.Cuda.Tests.MemoryTests) training=(epochs=1 imgsz=64 batch=8 fraction=0.04)
  kernels=(model=yolo11n.yaml imgsz=32 op=copy time=0.001) step=(imgsz=64 batch=2 steps=1)
fi
report=${1:-gpu-report.md} app=$here/app/nativetrain shared=$here/shared work=$(mktemp -d) failed=0
[[ -x $app ]] || { echo "gpu.sh: $app is missing; make this folder with 'tests/gpu.sh pack DIR'" >&2; exit 2; }
[[ -d $shared ]] || shared=$here/../shared
trap 'rm -rf "$work"' EXIT
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"

# A heading, the command, the end of what it printed; a command that fails is counted and the rest goes on.
section() {
  local title=$1 lines=$2; shift 2
  echo "== $title"
  { echo; echo "## $title"; echo; echo '```'; echo "$*"; } >> "$report"
  if "$@" > "$work/out" 2>&1; then echo "   ok"; else echo "   FAILED (exit code $?)"; failed=$((failed + 1)); echo "FAILED" >> "$report"; fi
  tail -n "$lines" "$work/out" >> "$report"
  echo '```' >> "$report"
}

# Why a part is left out.
without() { echo "== $1"; { echo; echo "$1"; } >> "$report"; }

# PyTorch's options for the model of the steps; false: it cannot be had here.
torch_model() {
  python3 -c 'import torch' 2> /dev/null || { without "python3 has no torch: no steps of PyTorch"; return 1; }
  if [[ -n ${NATIVETRAIN_TORCHSCRIPT:-} ]]; then torch=(--script "$NATIVETRAIN_TORCHSCRIPT"); return; fi
  python3 -c 'import ultralytics' 2> /dev/null || { without "no ultralytics, and NATIVETRAIN_TORCHSCRIPT names no file: no steps of PyTorch"; return 1; }
  torch=(--model yolo11n.yaml)
}

{
  echo "# NativeTrain on ${device/cuda/a GPU}"
  echo
  echo '```'
  [[ $device != cuda ]] || nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,clocks.max.mem --format=csv 2>&1
  "$app" version
  ldconfig -p | grep -E 'libnvrtc\.|libcudnn\.|libcublas\.' | awk '{ print $NF }'
  date -u +%F
  echo '```'
} > "$report"

section "Backend tests" 15 env NATIVETRAIN_TEST_DEVICE="$device" "$here/tests/NativeTrain.Cuda.Tests" "${tests[@]}"
for model in yolo11n-nc3-128 yolo11n-seg-nc2-96 yolo11n-cls-nc3-64; do
  [[ -d $shared/golden ]] || { without "no golden models here"; break; }
  section "verify $model, fp32" 12 "$app" verify "$shared/golden/$model" device="$device"
  section "verify $model, fp16" 12 "$app" verify "$shared/golden/$model" device="$device" amp=fp16
done
if [[ -d $shared/data/bccd ]]; then
  section "Training on bccd, ${training[0]}, mixed precision" 12 "$app" train model=yolo11n.yaml data="$shared/data/bccd/data.yaml" device="$device" amp=true "${training[@]}" seed=0 project="$work" name=bccd
else
  without "no data set bccd here"
fi
torch=()
torch_model
for amp in false fp16 bf16; do
  section "bench kernels, amp=$amp" 500 "$app" bench kernels device="$device" "${kernels[@]}" dtype=${amp/false/fp32}
  section "bench train, ${step[*]}, amp=$amp" 12 "$app" bench train device="$device" "${step[@]}" amp=$amp
  [[ ${#torch[@]} == 0 ]] || section "PyTorch, ${step[*]}, amp=$amp" 3 python3 "$here/torch_step.py" "${torch[@]}" "${step[@]/#/--}" --amp=$amp --device="$torch_device"
done
echo "report: $report; $failed parts failed"
[[ $failed == 0 ]]
