#!/usr/bin/env bash
# make demo: the main job on real images, on this machine, leaving nothing running.
#   DATA=/path   your own DICOM or NIfTI folder instead of the virtual subjects: it trains on them and
#                registers pairs of them, on a grid as coarse as the demo's
#   LABELS=/path label maps of DATA, paired by file stem: the overlap before and after is printed too
#   OUT=/path    where everything goes (default demo-output/, which is made anew)
#   STEPS=N      a longer or shorter run
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
bin=$root/build/bin
data=${DATA:-}
labels=${LABELS:-}
out=$(realpath -m "${OUT:-$root/demo-output}")
marker=$out/.gvsl-demo   # only a folder that has it is ever removed
templates=/usr/share/mricron/templates
pairs=10
export XDG_STATE_HOME=$out/state   # the demo's own instance, beside any other of yours
unset GVSL_COORDINATOR

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }

progress=
clean_up() {
  local status=$?
  trap - EXIT
  trap '' INT TERM
  [[ -z $progress ]] || kill "$progress" 2>/dev/null || true
  [[ ! -d $XDG_STATE_HOME ]] || "$bin/gvslctl" local down >/dev/null || true
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Makes OUT anew, and removes nothing that a demo has not written.
prepare_output() {
  local kept
  for kept in "$root" "${HOME:-/}" ${data:+"$data"} ${labels:+"$labels"}; do
    [[ $(realpath -m "$kept")/ != "${out%/}/"* ]] || fail "OUT=$out would be removed, and holds $kept"
  done
  for kept in ${data:+"$data"} ${labels:+"$labels"}; do
    [[ $out/ != "$(realpath -m "$kept")/"* ]] || fail "OUT=$out lies in $kept, which is only read"
  done
  if [[ -e $out && ! -e $marker ]]; then
    [[ -d $out && -z $(ls -A "$out") ]] || fail "OUT=$out is there and not of a demo; remove it yourself"
  fi
  # An earlier demo that was killed may have left processes.
  [[ ! -d $XDG_STATE_HOME ]] || "$bin/gvslctl" local down >/dev/null || true
  rm -rf "$out"
  mkdir -p "$out"
  : >"$marker"
}

# Seeded, smooth, invertible deformations of a real head; some to learn from, some held out.
make_virtual_subjects() {
  say "virtual subjects of a real head (Colin27, Debian's mricron-data)"
  "$bin/gvsl-virtual-subjects" --image "$templates/ch2bet.nii.gz" --labels "$templates/aal.nii.gz" \
    --output "$out/subjects/train" --count 24 --seed 1 --dicom 1
  "$bin/gvsl-virtual-subjects" --image "$templates/ch2bet.nii.gz" --labels "$templates/aal.nii.gz" \
    --output "$out/subjects/heldout" --count 6 --seed 2
}

# Somebody's own volumes, with voxels of so many mm.
ingest_own() {
  local options=(--input "$data" --output "$out/train.gvsl" --spacing "$1,$1,$1")
  [[ -z $labels ]] || options+=(--labels "$labels")
  rm -rf "$out/train.gvsl"
  "$bin/gvsl-dataset" ingest "${options[@]}"
}

# The longest axis of any volume, in voxels.
longest_axis() {
  "$bin/gvsl-dataset" show "$out/train.gvsl" --json |
    python3 -c 'import json, sys; print(max(json.load(sys.stdin)["largest_size"]))'
}

ingest() {
  if [[ -n $data ]]; then
    ingest_own 6.25
    local longest spacing
    longest=$(longest_axis)
    # A head has about 40 voxels then. What is much smaller or larger gets a grid of its own.
    if ((longest < 28 || longest > 80)); then
      spacing=$(python3 -c "print(round(6.25 * $longest / 40, 2))")
      say "ingesting again, with voxels of $spacing mm"
      ingest_own "$spacing"
    fi
    return
  fi
  local set
  for set in train heldout; do
    "$bin/gvsl-dataset" ingest --input "$out/subjects/$set/images" --output "$out/$set.gvsl" \
      --labels "$out/subjects/$set/labels" --spacing 6.25,6.25,6.25 --window mr --volumes-per-shard 3
  done
}

train() {
  local overrides=(--set "dataset=$out/train.gvsl" --set "checkpoint.directory=$out/checkpoints")
  [[ -z ${STEPS:-} ]] || overrides+=(--set "steps=$STEPS")
  job=$("$bin/gvslctl" submit deploy/demo/demo.yaml "${overrides[@]}")
  "$bin/gvslctl" --json watch "$job" >"$out/progress.jsonl" &
  progress=$!
  "$bin/gvslctl" watch "$job" || {
    "$bin/gvslctl" explain "$job" >&2 || true
    fail "the job has not succeeded; logs are in $XDG_STATE_HOME/gvsl/local/logs"
  }
  wait "$progress"
  progress=
  "$bin/gvslctl" export "$job" "$out/weights.safetensors"
  "$bin/gvslctl" --json get "$job" >"$out/job.json"
}

register() {
  local dataset=$out/heldout.gvsl
  [[ -z $data ]] || dataset=$out/train.gvsl
  "$bin/gvsl-register" --weights "$out/weights.safetensors" --dataset "$dataset" --pairs "$pairs" \
    --output "$out/pictures" --json >"$out/registration.json"
}

[[ -z $data || -d $data ]] || fail "DATA=$data is not a folder"
[[ -z $labels || -d $labels ]] || fail "LABELS=$labels is not a folder"
[[ -z $labels || -n $data ]] || fail "LABELS is for DATA"
prepare_output
[[ -n $data ]] || make_virtual_subjects
say "ingesting"
ingest
say "a coordinator and two workers on this machine"
"$bin/gvslctl" local up --workers 2
say "training"
train
if [[ -n $data ]]; then say "registering pairs"; else say "registering pairs that training has not seen"; fi
register
python3 deploy/demo/report.py "$out"
