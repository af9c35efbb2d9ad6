#!/usr/bin/env bash
# Everything that needs a GPU, in a build folder that was built with CUDA:
#   deploy/gpu/check.sh BUILD_DIR
# Runs the tests labelled gpu, then times a step by phase on the first GPU: strict, fast, and on the
# processor. Fails when a test fails, and when there is no GPU.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${1:?BUILD_DIR: a folder that was built with CUDA (make gpu)}
bench=$build/bin/gvsl-bench-step

if ! "$bench" --cuda 0 --size 16 --width 8 --steps 1 --warmup 0 >/dev/null; then
  echo "gpu-check: no step could be computed on cuda:0; nothing was checked" >&2
  exit 1
fi
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null || true
ctest --test-dir "$build" -L gpu --output-on-failure

size=${GVSL_BENCH_SIZE:-128}
for fast in 0 1; do
  [[ $fast == 0 ]] && echo "cuda:0, strict, $size^3, width 32" || echo "cuda:0, fast, $size^3, width 32"
  "$bench" --cuda 0 --size "$size" --width 32 --steps 10 --warmup 3 --fast $fast
done
echo "the processor, 64^3, width 32, $(nproc) threads"
"$bench" --size 64 --width 32 --steps 3 --threads "$(nproc)"
