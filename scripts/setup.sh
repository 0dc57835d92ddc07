#!/usr/bin/env bash
# Installs the Debian packages that building and running need, after saying which. Does nothing where all are there.
set -euo pipefail

packages=(python3 libncurses-dev libpq-dev libcurl4-openssl-dev libssl-dev postgresql tmux)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done

if ((${#missing[@]})); then
  command -v apt-get >/dev/null || {
    echo "setup: this system has no apt-get; install what corresponds to: ${missing[*]}" >&2
    exit 1
  }
  echo "setup: installing Debian packages: ${missing[*]}"
  if [ "$(id -u)" -eq 0 ]; then
    as_root=()
  elif command -v sudo >/dev/null; then
    as_root=(sudo)
  else
    echo "setup: installing needs root and there is no sudo; as root run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  # No default cluster of the package's own: riskdeck keeps a private one.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  echo "setup: done"
fi

command -v swift >/dev/null || {
  echo "setup: no swift in PATH; install a Swift 6.2 toolchain or newer from swift.org and try again" >&2
  exit 1
}
