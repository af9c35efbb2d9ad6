#!/usr/bin/env bash
# cuda_libraries.sh TREE WHEELS: completes TREE/lib/gvsl with what the programs in TREE/bin need of LibTorch's
# wheel and of the CUDA wheels beside it, and with what those open by name.
set -euo pipefail
tree=$1 wheels=$2
folder=$tree/lib/gvsl
mkdir -p "$folder"
for file in "$wheels"/nvidia/*/lib/libcudnn_*.so.* "$wheels"/nvidia/*/lib/libnvrtc*.so.*; do
  [[ ! -f $file || $file == *alt* ]] || cp -n "$file" "$folder/"
done
added=1
while [[ $added -gt 0 ]]; do
  added=0
  needed=$(find "$tree/bin" "$folder" -type f -exec objdump -p {} + 2>/dev/null | awk '$1 == "NEEDED" {print $2}' | sort -u)
  for name in $needed; do
    [[ ! -e $folder/$name ]] || continue
    for file in "$wheels"/torch/lib/"$name" "$wheels"/nvidia/*/lib/"$name" "$wheels"/nvidia/*/lib64/"$name"; do
      [[ -f $file ]] || continue
      cp "$file" "$folder/"
      added=$((added + 1))
      break
    done
  done
done
[[ -e $folder/libtorch_cuda.so ]] || { echo "cuda_libraries.sh: the programs in $tree/bin need no libtorch_cuda.so" >&2; exit 1; }
