# Debian packages: only what is missing, announced before it is installed.

require_debian_12() {
  local id='' version=''
  if [[ -r /etc/os-release ]]; then
    id=$(. /etc/os-release && printf '%s' "${ID:-}")
    version=$(. /etc/os-release && printf '%s' "${VERSION_ID:-}")
  fi
  [[ $id == debian && $version == 12 ]] && return
  give_up "this system is ${id:-unknown} ${version}; Pier is built and tested on Debian 12 (bookworm) only.
What works here is a Debian 12 container or virtual machine, for example:
  docker run --rm -it -p 8080:8080 -v \"\$PWD\":/pier -w /pier debian:12 ./dev up --listen 0.0.0.0:8080"
}

packages_of() { # GROUP...
  local group
  for group in "$@"; do sed -nE "s/^$group +([^ ]+).*/\1/p" tools/packages.txt; done
}

missing_packages() { # NAME...
  local have
  have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p') || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$have" | sort -u)
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

install_packages() { # NAME... : those of them that are missing
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    give_up "these packages are missing and there is no sudo; as root run:
  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "Pier needs ${#missing[@]} Debian packages that are not installed:"
  fold -s -w 110 <<<"${missing[*]}" | sed 's/^/  /'
  as_root true
  quietly 'apt-get update' as_root apt-get -q update
  announce_download "${missing[@]}"
  quietly 'apt-get install' as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends "${missing[@]}"
}

announce_download() {
  local plan
  plan=$(LC_ALL=C apt-get install --assume-no --no-install-recommends "$@" 2>&1) || true
  if grep -q '^E: ' <<<"$plan"; then
    grep -v '^Reading\|^Building' <<<"$plan" >&2
    give_up "apt-get cannot install them; is bookworm among the sources of /etc/apt?"
  fi
  say "With what they depend on:"
  grep -E 'newly installed|^Need to get|^After this operation' <<<"$plan" | sed 's/^/  /'
}
