#!/usr/bin/env bash
# make lint: format, fences, dashboards, the chart, then the torch-free rooms under AddressSanitizer (with parts of
# UBSan), clang-tidy (with clang's thread-safety analysis) and ThreadSanitizer; last, whether what is for GPUs compiles
# and links. The first failure is the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
jobs=${JOBS:-$(nproc)}

step() {
  local name=$1 begin=$SECONDS
  shift
  "$@" || { printf 'lint: %s FAILED\n' "$name" >&2; exit 1; }
  printf 'lint: %-34s ok, %d s\n' "$name" $((SECONDS - begin))
}

sources() {
  find cli common coordinator data_loader deploy model tests worker \
    \( -name '*.h' -o -name '*.cc' -o -name '*.cu' -o -name '*.cuh' \) -print0
}
format() { sources | xargs -0 clang-format --dry-run -Werror --style=file; }
build() {
  cmake --preset "$1" -Wno-dev --log-level=WARNING >/dev/null
  cmake --build --preset "$1" -j "$jobs"
}
# g++ 12's ThreadSanitizer cannot live with as much address randomisation as newer kernels have.
sanitizer_tests() {
  local fixed=()
  if setarch -R true 2>/dev/null; then fixed=(setarch -R); fi
  "${fixed[@]}" ctest --preset "$1" -j "$jobs"
}

step "format" format
step "fences" python3 tests/architecture/fences.py
step "chart" deploy/lint/chart.sh
step "dashboards" python3 -B tests/deploy/dashboards_lint.py
step "build with AddressSanitizer" build asan
step "tidy" python3 deploy/lint/tidy.py --build build-asan --jobs "$jobs"
step "tests with AddressSanitizer" sanitizer_tests asan
step "build with ThreadSanitizer" build tsan
step "tests with ThreadSanitizer" sanitizer_tests tsan
step "wheels of CUDA" deploy/setup/install.sh link
step "build for GPUs" build gpu-link
