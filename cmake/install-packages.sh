# Sourced by tests/run.sh and examples/run.sh: install_packages PACKAGE... installs what is missing with apt, and says
# nothing when all is there.

install_packages() {
  local missing=() package as_root=()
  if ! command -v apt-get dpkg-query >/dev/null; then
    echo "$0: this is no Debian or Ubuntu. Install what these packages hold there, then run with --no-install:" >&2
    printf '  %s\n' "$@" >&2
    return 1
  fi
  for package in "$@"; do
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  if ((EUID)); then
    if ! command -v sudo >/dev/null; then
      echo "$0: run as root, or install sudo, to get these packages: ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}
