#!/usr/bin/env bash
# Installs what cmake/versions.txt names and this machine lacks: packages through apt (as root or
# with sudo), wheels through pip into ${GVSL_CACHE:-~/.cache/gvsl}. Does nothing, and asks for
# nothing, when all of it is there.
#   install.sh [peer|gpu|link|chart|table|fuzz|archive]...   also what `make bench` compares with, what `make gpu`
#                     builds with (5 GB each), what compiles and links CUDA files without a GPU (400 MB), Helm, what
#                     draws the pictures of `make table` (300 MB), clang with libFuzzer, the archive that tests fetch
#                     from (12 MB)
#   GVSL_SETUP=skip        you answer for the versions yourself
#   GVSL_TORCH_DIR=…/torch  your own LibTorch: the wheel is not fetched
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
versions=cmake/versions.txt
cache=${GVSL_CACHE:-${HOME:-/tmp}/.cache/gvsl}

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; return; fi
  command -v sudo >/dev/null || fail "apt packages are missing and there is neither root nor sudo: $*"
  sudo "$@"
}

# Prints NAME=VERSION of each pinned package of a kind that is not installed in that version.
missing_packages() {
  local pins installed pin name version
  mapfile -t pins < <(awk -v kind="$1" '$1 == kind {print $2}' "$versions")
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}=${Version}\n' "${pins[@]%%=*}" \
              2>/dev/null || true)
  for pin in "${pins[@]}"; do
    name=${pin%%=*}
    version=$(awk -v name="$name" '$1 == "installed" && index($2, name "=") == 1 \
              {print substr($2, length(name) + 2); exit}' <<<"$installed")
    # shellcheck disable=SC2053  # the pin is a pattern
    [[ -n $version && $version == ${pin#*=} ]] || printf '%s\n' "$pin"
  done
}

install_packages() {
  command -v dpkg-query >/dev/null || fail "this is not Debian 12; see README.md, Requirements"
  local missing
  mapfile -t missing < <(missing_packages "$1")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  say "apt: ${missing[*]}"
  as_root apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
    "${missing[@]}" >&2 ||
    fail "apt could not install the pinned versions (they are Debian 12's); GVSL_SETUP=skip builds" \
         "with what is there"
}

# A folder that has its name is complete: it is filled aside and renamed.
#   install_folder KIND FOLDER pip-option...
aside=
install_folder() {
  local kind=$1 folder=$2 wheels
  shift 2
  [[ ! -d $cache/$folder ]] || return 0
  mapfile -t wheels < <(awk -v kind="$kind" -v folder="$folder" \
                        '$1 == kind && $2 == folder {print $3}' "$versions")
  say "pip: ${wheels[*]} -> $cache/$folder"
  mkdir -p "$cache"
  aside=$(mktemp -d "$cache/.$folder.XXXXXX")
  trap 'rm -rf "$aside"' EXIT
  PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore /usr/bin/python3 -m pip install --quiet \
    --no-compile --target "$aside" "$@" "${wheels[@]}" >&2
  publish "$folder"
}

publish() {
  chmod 755 "$aside"
  mv -T "$aside" "$cache/$1" 2>/dev/null || [[ -d $cache/$1 ]] || fail "could not publish $cache/$1"
  rm -rf "$aside"
  trap - EXIT
}

# Packages of Debian whose programs run from the folder: nothing is installed and no service starts.
unpack_packages() {
  local folder pins package
  folder=$(folders unpack)
  [[ ! -d $cache/$folder ]] || return 0
  mapfile -t pins < <(awk '$1 == "unpack" {print $3}' "$versions")
  say "apt: ${pins[*]} -> $cache/$folder (unpacked, not installed)"
  mkdir -p "$cache"
  aside=$(mktemp -d "$cache/.$folder.XXXXXX")
  trap 'rm -rf "$aside"' EXIT
  download() { (cd "$aside" && apt-get -qq -o APT::Sandbox::User=root download "${pins[@]}" >&2); }
  download || { as_root apt-get -qq update; download; } || fail "apt has not the pinned versions"
  for package in "$aside"/*.deb; do
    dpkg-deb -x "$package" "$aside"
    rm "$package"
  done
  publish "$folder"
}

# Prints the first Go that is new enough, or nothing.
find_go() {
  local go version own
  own=$cache/$(folders golang)/go/bin/go
  for go in "$(command -v go || true)" /usr/local/go/bin/go "$own"; do
    [[ -x $go ]] || continue
    version=$(GOTOOLCHAIN=local "$go" env GOVERSION 2>/dev/null) || continue
    if printf '%s\n' go1.24 "$version" | sort -V -C; then echo "$go"; break; fi
  done
}

# What Go builds is complete when it has its name as well.
install_go_programs() {
  local folder module go
  while read -r folder module; do
    [[ ! -d $cache/$folder ]] || continue
    go=$(find_go)
    if [[ -z $go ]]; then
      install_folder golang "$(folders golang)"
      go=$(find_go)
    fi
    [[ -n $go ]] || fail "there is no Go to build $module with"
    say "go: $module -> $cache/$folder (some minutes)"
    mkdir -p "$cache"
    aside=$(mktemp -d "$cache/.$folder.XXXXXX")
    trap 'rm -rf "$aside"' EXIT
    GOBIN=$aside/bin GOTOOLCHAIN=local GOFLAGS=-mod=mod CGO_ENABLED=0 \
      "$go" install -trimpath -ldflags '-s -w' "$module" >&2
    publish "$folder"
  done < <(awk '$1 == "go" {print $2, $3}' "$versions")
}

folders() { awk -v kind="$1" '$1 == kind && !seen[$2]++ {print $2}' "$versions"; }

[[ ${GVSL_SETUP:-} != skip ]] || exit 0
[[ $(uname -sm) == "Linux x86_64" ]] || fail "only Linux on x86-64 is supported"
install_packages apt
for folder in $(folders pip); do
  [[ $folder != torch-* || -z ${GVSL_TORCH_DIR:-} ]] || continue
  install_folder pip "$folder" --no-deps --python-version 3.11 --implementation cp \
    --only-binary=:all: --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64
done
for more in "$@"; do
  case $more in
    peer | gpu | table) for folder in $(folders "$more"); do install_folder "$more" "$folder"; done ;;
    link) for folder in $(folders link); do install_folder link "$folder" --no-deps; done ;;
    chart) install_go_programs ;;
    fuzz) install_packages fuzz ;;
    archive) unpack_packages ;;
    *) fail "nothing is called $more" ;;
  esac
done
