#!/usr/bin/env bash
# The CUDA backend on a real GPU: tests, golden models, a training, kernels and steps timed; writes a report in Markdown.
#
#   on a machine with the SDK:   tests/gpu.sh pack DIR        leaves in DIR all that the GPU machine needs
#   on the machine with the GPU: DIR/gpu.sh [REPORT.md]       needs the driver and CUDA's libraries (NVRTC; cuDNN and
#                                                             cuBLAS if they are to be measured), no SDK
# Beside ../shared (or DIR/shared) the golden models and bccd are used; without it those parts say so and are left out.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

pack() {
  local to=$1 root; root=$(cd "$here/.." && pwd)
  set -e
  cd "$root"
  ./build.sh native
  mkdir -p "$to"
  dotnet publish src/NativeTrain.Cli -c Release -r linux-x64 --self-contained -o "$to/app" -v quiet
  dotnet publish tests/NativeTrain.Cuda.Tests -c Release -r linux-x64 --self-contained -o "$to/tests" -v quiet
  # The tests look for the reference data beside the folder that holds the solution: here DIR/shared.
  touch "$to/tests/NativeTrain.sln"
  cp tests/gpu.sh "$to/"
  [[ ! -d ../shared ]] || { mkdir -p "$to/shared"; cp -r ../shared/golden ../shared/data "$to/shared/"; }
  echo "packed: $to (run $to/gpu.sh on the machine with the GPU)"
}

if [[ ${1:-} == pack ]]; then
  [[ $# == 2 ]] || { echo "usage: tests/gpu.sh pack DIR" >&2; exit 2; }
  pack "$2"
  exit
fi

report=${1:-gpu-report.md} app=$here/app/nativetrain shared=$here/shared work=$(mktemp -d) failed=0
[[ -x $app ]] || { echo "gpu.sh: $app is missing; make this folder with 'tests/gpu.sh pack DIR'" >&2; exit 2; }
[[ -d $shared ]] || shared=$here/../shared
trap 'rm -rf "$work"' EXIT

# A heading, the command, the end of what it printed; a command that fails is counted and the rest goes on.
section() {
  local title=$1 lines=$2; shift 2
  echo "== $title"
  { echo; echo "## $title"; echo; echo '```'; echo "$*"; } >> "$report"
  if "$@" > "$work/out" 2>&1; then echo "   ok"; else echo "   FAILED (exit code $?)"; failed=$((failed + 1)); echo "FAILED" >> "$report"; fi
  tail -n "$lines" "$work/out" >> "$report"
  echo '```' >> "$report"
}

{
  echo "# NativeTrain on a GPU"
  echo
  echo '```'
  nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,clocks.max.mem --format=csv 2>&1
  "$app" version
  ldconfig -p | grep -E 'libnvrtc\.|libcudnn\.|libcublas\.' | awk '{ print $NF }'
  date -u +%F
  echo '```'
} > "$report"

NATIVETRAIN_TEST_DEVICE=cuda section "Backend tests" 15 "$here/tests/NativeTrain.Cuda.Tests"
for model in yolo11n-nc3-128 yolo11n-seg-nc2-96 yolo11n-cls-nc3-64; do
  [[ -d $shared/golden ]] || { echo "no golden models here" >> "$report"; break; }
  section "verify $model, fp32" 12 "$app" verify "$shared/golden/$model" device=cuda
  section "verify $model, fp16" 12 "$app" verify "$shared/golden/$model" device=cuda amp=fp16
done
if [[ -d $shared/data/bccd ]]; then
  section "Training on bccd, 60 epochs, mixed precision" 12 "$app" train model=yolo11n.yaml data="$shared/data/bccd/data.yaml" device=cuda amp=true epochs=60 imgsz=320 batch=16 seed=0 project="$work" name=bccd
else
  echo "no data set bccd here" >> "$report"
fi
for amp in false fp16 bf16; do
  section "bench kernels, amp=$amp" 500 "$app" bench kernels device=cuda batch=16 imgsz=320,640 dtype=${amp/false/fp32}
  section "bench train yolo11n at 640, batch 16, amp=$amp" 12 "$app" bench train device=cuda imgsz=640 batch=16 amp=$amp
done
echo "report: $report; $failed parts failed"
[[ $failed == 0 ]]
