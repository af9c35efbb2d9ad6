#!/usr/bin/env bash
# make images: container images of what is built, into the local storage of podman, docker or buildah.
#   build.sh [coordinator|worker|worker-cuda]…     default: all whose build is there; prints the images' names
#   CONTAINER_TOOL=…     the tool; default: the first that works of podman, docker, buildah
#   IMAGE_REGISTRY=…     beginning of the names (localhost)
#   BASE_IMAGE=…         instead of the base of cmake/versions.txt, such as debian@sha256:…
#   TREE=…, TREE_CUDA=…  installed trees (make install) instead of those of build/ and build-gpu/
# Exit status 3: there is no container tool; 4: there is no base image.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/images/tool.sh
source deploy/images/tool.sh

say() { printf 'images: %s\n' "$*" >&2; }
fail() { say "$1"; exit "${2:-1}"; }

version=$(sed -n 's/.*kVersion = "\(.*\)";/\1/p' common/version.h)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
# The same sources and the same Debian give the same image.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
registry=${IMAGE_REGISTRY:-localhost}
base=${BASE_IMAGE:-$(awk '$1 == "image" && $2 == "base" {print $3}' cmake/versions.txt)}

declare -A programs=(
  [coordinator]="gvsl-coordinator gvslctl gvsl-dataset"
  [worker]="gvsl-worker gvsl-trainer"
  [worker-cuda]="gvsl-worker gvsl-trainer")
declare -A titles=(
  [coordinator]="GVSL coordinator, command line and dataset tool"
  [worker]="GVSL worker for processors"
  [worker-cuda]="GVSL worker for NVIDIA GPUs")

packages() { awk -v image="$1" '$1 == "run" && ($2 == image || $2 == "any") {print $3}' cmake/versions.txt | paste -sd ' '; }

# The folder to take programs and libraries from; status 1 when it is not built.
tree_of() {
  local build=build tree=${TREE:-}
  if [[ $1 == worker-cuda ]]; then build=build-gpu tree=${TREE_CUDA:-}; fi
  if [[ -z $tree ]]; then
    [[ -x $build/bin/gvsl-worker ]] || return 1
    tree=$context/tree-$build
    [[ -d $tree ]] || cmake --install "$build" --prefix "$tree" >/dev/null
  fi
  printf '%s\n' "$tree"
}

# Lays out what the Containerfile copies.
lay_out() {
  local image=$1 tree=$2 to=$context/$1/${1%-cuda} program
  mkdir -p "$to/programs/bin" "$to/programs/share/doc/gvsl"
  for program in ${programs[$image]}; do
    install -m 0755 "$tree/bin/$program" "$to/programs/bin/"
    strip --strip-debug "$to/programs/bin/$program"
  done
  install -m 0644 LICENSE "$to/programs/share/doc/gvsl/"
  if [[ $image == worker* ]]; then
    mkdir -p "$to/libraries/lib/gvsl"
    install -m 0644 "$tree"/lib/gvsl/* "$to/libraries/lib/gvsl/"
  fi
  find "$context/$image" -exec touch --no-dereference --date="@$epoch" {} +
}

build() {
  local image=$1 name=$registry/gvsl-$1:$version tree began=$SECONDS argument
  tree=$(tree_of "$image")
  [[ -x $tree/bin/gvsl-worker ]] || fail "$tree is no installed tree"
  lay_out "$image" "$tree"
  local arguments=()
  for argument in "BASE=$base" "PACKAGES=$(packages "${image%-cuda}")" "TITLE=gvsl-$image" \
                  "DESCRIPTION=${titles[$image]}" "VERSION=$version" "REVISION=$revision" "BASE_NAME=$base" \
                  "CREATED=$(date --utc --date="@$epoch" +%FT%TZ)"; do
    arguments+=(--build-arg "$argument")
  done
  image_build "$tool" "$epoch" --file deploy/images/Containerfile --target "${image%-cuda}" --tag "$name" "${arguments[@]}" \
    "$context/$image" >"$context/log" 2>&1 || { cat "$context/log" >&2; fail "$name could not be built"; }
  rm -rf "${context:?}/$image"
  say "$(printf '%-40s %6d MB, %d s' "$name" $(($(image_bytes "$tool" "$name") / 1000000)) $((SECONDS - began)))"
  printf '%s\n' "$name"
}

tool=$(find_container_tool) || exit 3
image_exists "$tool" "$base" || "$tool" pull "$base" >/dev/null || fail "there is no base image $base" 4
mkdir -p build
context=$(mktemp -d "$PWD/build/images.XXXXXX")
trap 'rm -rf "$context"' EXIT
wanted=("$@")
[[ $# -gt 0 ]] || wanted=(coordinator worker worker-cuda)
for image in "${wanted[@]}"; do
  [[ -n ${programs[$image]:-} ]] || fail "there is no image $image; there are ${!programs[*]}" 2
  if tree_of "$image" >/dev/null; then
    build "$image"
  elif [[ $# -gt 0 || $image != worker-cuda ]]; then
    fail "gvsl-$image: its programs are not built"
  else
    say "gvsl-$image is left out: there is no CUDA build (make gpu)"
  fi
done
