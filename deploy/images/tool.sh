# Sourced by build.sh, the test of the images and the test on Kubernetes: one face for podman, docker and buildah.
# shellcheck shell=bash

# Prints the first tool that works, or CONTAINER_TOOL; status 1 and a sentence when there is none.
find_container_tool() {
  local tool
  for tool in ${CONTAINER_TOOL:-podman docker buildah}; do
    if command -v "$tool" >/dev/null && "$tool" info >/dev/null 2>&1; then
      printf '%s\n' "$tool"
      return
    fi
  done
  echo "no container tool works here (tried: ${CONTAINER_TOOL:-podman docker buildah})" >&2
  return 1
}

# image_build TOOL SECONDS_SINCE_1970 ARGUMENT...
image_build() {
  local tool=$1 epoch=$2
  shift 2
  # --pull=false: what is there already is not asked for again.
  case $tool in
    docker) DOCKER_BUILDKIT=1 SOURCE_DATE_EPOCH=$epoch docker build --quiet --pull=false "$@" ;;
    *) "$tool" build --quiet --pull=false --layers --format oci --timestamp "$epoch" "$@" ;;
  esac
}

image_exists() { "$1" inspect --type image "$2" >/dev/null 2>&1; }

# image_config TOOL IMAGE KEY: User, Entrypoint, StopSignal, Env, Labels … as JSON.
image_config() {
  "$1" inspect --type image "$2" | python3 -c '
import json, sys
image = json.load(sys.stdin)
config = image[0]["Config"] if isinstance(image, list) else image["OCIv1"]["config"]
print(json.dumps(config.get(sys.argv[1])))' "$3"
}

# image_save TOOL IMAGE FILE: an archive that `docker load` and `ctr images import` take.
image_save() {
  rm -f "$3"
  case $1 in
    buildah) buildah push --quiet "$2" "docker-archive:$3:$2" ;;
    podman) podman save --quiet --format docker-archive --output "$3" "$2" ;;
    docker) docker save --output "$3" "$2" ;;
  esac
}

# image_push TOOL IMAGE REMOTE_NAME
image_push() {
  "$1" tag "$2" "$3" && "$1" push "$3"
}

# Bytes of all layers as they lie on a node.
image_bytes() {
  case $1 in
    buildah) buildah images --json "$2" | python3 -c '
import json, sys
size = json.load(sys.stdin)[0]["size"]
number, unit = size.split()
print(int(float(number) * {"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9}[unit.upper()]))' ;;
    *) "$1" inspect --type image --format '{{.Size}}' "$2" ;;
  esac
}
