#!/usr/bin/env bash
# Writes what compose.yaml names: .env (versions), certificates/ and the folders of data. Run it as root, for the
# programs in the containers have numbers of their own that must be able to read their keys. Run it again to renew the
# certificates: authority and password stay, what runs takes the new ones up by itself.
#   DAYS=N       how long certificates are good for (default 90; the authority: ten years)
#   NAMES=a,b    further names or addresses that people call the coordinator by; kept for the next time
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
umask 077
service=65532 grafana=472   # uids inside the images
days=${DAYS:-90}
root=../..

fail() { printf 'prepare: %s\n' "$*" >&2; exit 1; }
[[ $(id -u) == 0 ]] || fail "run it as root: keys are given to uid $service, which only root can do"
command -v openssl >/dev/null || fail "openssl is missing: apt-get install openssl"

image() { awk -v role="$1" '$1 == "image" && $2 == role {print $3}' "$root/cmake/versions.txt"; }
version=$(grep kVersion "$root/common/version.h" | grep -o '[0-9][0-9.]*[0-9]')

write_environment() {
  [[ -n $version ]] || fail "common/version.h names no version"
  {
    printf 'GVSL_VERSION=%s\nPROMETHEUS_IMAGE=%s\nGRAFANA_IMAGE=%s\n' \
      "$version" "$(image prometheus)" "$(image grafana)"
    # What the site has added stays.
    [[ ! -e .env ]] || grep -vE '^(GVSL_VERSION|PROMETHEUS_IMAGE|GRAFANA_IMAGE)=' .env || true
  } >.env.next
  chmod 644 .env.next
  mv .env.next .env
}

make_authority() {
  [[ ! -e certificates/ca.key ]] || return 0
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=gvsl-compose \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout certificates/ca.key -out certificates/ca.crt 2>/dev/null
}

# $1 whose, $2 uid that reads it, $3 its names. Key and certificate change together: `current` is a link.
issue() {
  local folder=certificates/$1 new
  new=$(date +%Y%m%d%H%M%S)
  mkdir -p "$folder/$new"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
    -keyout "$folder/$new/tls.key" -out "$folder/$new/request" 2>/dev/null
  openssl x509 -req -in "$folder/$new/request" -CA certificates/ca.crt -CAkey certificates/ca.key -CAcreateserial \
    -days "$days" -out "$folder/$new/tls.crt" 2>/dev/null -extfile <(printf 'subjectAltName=%s\n' "$3")
  rm "$folder/$new/request"
  cp certificates/ca.crt "$folder/$new/ca.crt"
  chown -R "$2" "$folder"
  ln -sfn "$new" "$folder/.next"
  mv -T "$folder/.next" "$folder/current"
  find "$folder" -mindepth 1 -maxdepth 1 -type d ! -name "$new" -exec rm -r {} +
}

further_names() {
  local name
  for name in $(tr ',' ' ' <certificates/names); do
    if [[ $name =~ ^[0-9.]+$|: ]]; then printf ',IP:%s' "$name"; else printf ',DNS:%s' "$name"; fi
  done
}

write_environment
mkdir -p certificates
chmod 711 certificates
make_authority
if [[ -n ${NAMES+given} || ! -e certificates/names ]]; then printf '%s\n' "${NAMES:-}" >certificates/names; fi
issue coordinator "$service" "DNS:coordinator,DNS:localhost,IP:127.0.0.1$(further_names)"
issue worker "$service" DNS:worker
issue people "${SUDO_UID:-0}" DNS:people
if [[ ! -e certificates/grafana-password ]]; then
  openssl rand -base64 18 >certificates/grafana-password
fi
chown "$grafana" certificates/grafana-password
[[ -e datasets ]] || install -d -o "${SUDO_UID:-0}" -m 755 datasets
[[ -e checkpoints ]] || install -d -o "$service" -m 755 checkpoints
printf 'prepared for version %s; certificates are good until %s\n' "$version" \
  "$(openssl x509 -noout -enddate -in certificates/coordinator/current/tls.crt | cut -d= -f2)"
