#!/usr/bin/env bash
# make table: methods pre-trained and evaluated alike on one dataset, on this machine; the table of the paper and a page.
#   QUICK=1        gvsl, scratch and the three generative methods; the whole table goes on from there
#   DATA=/path     folder of images (default: the hippocampus volumes of the test data)
#   LABELS=/path   label maps of DATA, paired by file stem
#   WINDOW= SPACING=   how DATA is ingested (mr, 1.25)
#   OUT=/path      where everything goes (default table-output/); begun again, it goes on where it was
#   WORKERS=N      jobs that train side by side (default: one a core)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
bin=$root/build/bin
test_data=${GVSL_TEST_DATA:-$root/../shared/data}
data=${DATA:-$test_data/hippocampus/imagesTr}
labels=${LABELS:-}
[[ -n ${DATA:-} ]] || labels=$test_data/hippocampus/labelsTr
out=$(realpath -m "${OUT:-$root/table-output}")
methods=(scratch denoising inpainting models-genesis rotation deepcluster simsiam byol simclr densecl mae
         gvsl-no-matching gvsl-no-restoration gvsl-no-affine gvsl)
[[ ${QUICK:-0} == 0 ]] || methods=(scratch denoising inpainting models-genesis gvsl)
export XDG_STATE_HOME=$out/state   # its own instance, beside any other of yours
unset GVSL_COORDINATOR

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'table: %s\n' "$*" >&2; exit 1; }

running=
is_up=
clean_up() {
  local status=$?
  trap - EXIT
  trap '' INT TERM
  if [[ -n $running ]]; then
    kill -TERM "$running" 2>/dev/null || true
    wait "$running" || true
  fi
  [[ -z $is_up ]] || "$bin/gvslctl" local down >/dev/null || true
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Beside the shell, which would hear of no signal else until it has ended, hours later.
compare() {
  local status=0
  "$bin/gvslctl" compare "$root/deploy/table/table.yaml" --set "directory='$out/jobs'" \
    --set "common.dataset='$out/dataset'" --set "methods=[$(IFS=,; echo "${methods[*]}")]" --report "$out" "$@" &
  running=$!
  wait "$running" || status=$?
  running=
  return "$status"
}

# What is there already is of the same images, or is left alone.
ingest() {
  local source="$data $labels ${WINDOW:-mr} ${SPACING:-1.25}"
  if [[ -e $out/dataset/manifest.json ]]; then
    [[ $(<"$out/source.txt") == "$source" ]] || fail "$out holds a comparison of other data; take another OUT="
    return 0
  fi
  say "ingest"
  "$bin/gvsl-dataset" ingest --input "$data" --labels "$labels" --output "$out/dataset" \
    --spacing "${SPACING:-1.25}" --window "${WINDOW:-mr}" >"$out/ingest.txt" 2>&1 ||
    { cat "$out/ingest.txt"; fail "ingest failed"; }
  printf '%s\n' "$source" >"$out/source.txt"
  tail -n 3 "$out/ingest.txt"
}

has_succeeded() {
  "$bin/gvslctl" --json get "table-$1" 2>/dev/null |
    /usr/bin/python3 -c 'import json, sys; sys.exit(json.load(sys.stdin)["state"] != "SUCCEEDED")' 2>/dev/null
}

look() {
  local looked=() method
  rm -rf "$out/look" "$out/pictures"
  mkdir "$out/look" "$out/pictures"
  for method in "${methods[@]}"; do
    has_succeeded "$method" || continue
    "$bin/gvsl-look" --checkpoint "$out/jobs/$method" --dataset "$out/dataset" \
      --output "$out/look/$method.safetensors" || return
    looked+=("$method")
  done
  [[ ${#looked[@]} -gt 0 ]] || return
  if has_succeeded gvsl; then
    "$bin/gvsl-register" --weights "$out/jobs/gvsl" --dataset "$out/dataset" --pairs 3 --output "$out/pictures" ||
      return
  fi
  PYTHONPATH=$libraries /usr/bin/python3 -B "$root/deploy/table/pictures.py" "$out/look" "$out/pictures" "${looked[@]}"
}

[[ -d $data ]] || fail "there is no $data; DATA=/path and LABELS=/path name your own images and label maps"
[[ -n $labels ]] || fail "LABELS=/path is needed with DATA: the tasks are to segment and to register"
deploy/setup/install.sh table
libraries=${GVSL_CACHE:-$HOME/.cache/gvsl}/$(awk '$1 == "table" {print $2; exit}' cmake/versions.txt)
mkdir -p "$out"
exec 9>"$out/.lock"
flock --nonblock 9 || fail "another one is at work in $out"
ingest
say "train"
is_up=yes
"$bin/gvslctl" local up --workers "${WORKERS:-$(nproc)}" 9>&- >/dev/null
status=0
compare || status=$?
# 6: some jobs have no result, and the table says so.
[[ $status -eq 0 || $status -eq 6 ]] || exit "$status"
say "pictures"
if look; then
  compare --no-resume --pictures "$out/pictures" >/dev/null || true
  printf '\n%s holds the table and the pictures, %s these alone\n' "$out/report.html" "$out/pictures"
else
  printf '\n%s holds the table; there are no pictures\n' "$out/report.html"
fi
exit "$status"
