#!/usr/bin/env bash
# Installs the package in a root with nothing but Debian, works with it as a user of its own, and removes it again.
# usage: scripts/deb_trial.sh PACKAGE.deb [SUITE]    as root; SUITE is a Debian release, bookworm by default
set -euo pipefail
package=$(realpath "$1") suite=${2:-bookworm}
for tool in mmdebstrap unshare; do
  command -v "$tool" >/dev/null || { echo "deb-trial: there is no $tool; install it" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "deb-trial: this needs root, for a root of its own" >&2; exit 1; }
work=$(mktemp -d)
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
root=$work/root

step() { echo "deb-trial: $*"; }
seconds() { date +%s.%N; }
timed() {
  local title=$1 begin
  shift
  begin=$(seconds)
  "$@" || { echo "deb-trial: failed: $title" >&2; exit 1; }
  step "$title: $(echo "$(seconds) $begin" | awk '{printf "%.1f", $1 - $2}') s"
}

timed "a $suite of essential packages alone" mmdebstrap --quiet --variant=minbase "$suite" "$root"
cp "$package" "$root/tmp/riskdeck.deb"
cp /etc/resolv.conf "$root/etc/resolv.conf"

# What runs inside: mounts of its own, which go with its last process.
inside() {
  unshare --mount --pid --fork bash -c '
    root=$1; shift
    mount -t proc proc "$root/proc"; mount --bind /dev "$root/dev"; mount -t tmpfs tmpfs "$root/dev/shm"
    exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
  ' inside "$root" "$@"
}

inside bash -c 'dpkg -l | grep -c "^ii"' >"$work/packages"
step "$(cat "$work/packages") packages are installed; no Swift, no PostgreSQL"
if inside bash -c 'command -v swift postgres psql'; then echo "deb-trial: the root is not bare" >&2; exit 1; fi
# A server of the system's own is not wanted: riskdeck starts one for its user.
inside bash -c 'mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf'
timed "apt-get install of the package with what it recommends" \
  inside bash -c 'apt-get update -qq && apt-get install -y -qq /tmp/riskdeck.deb >/tmp/install.log 2>&1 || { cat /tmp/install.log; exit 1; }'
inside dpkg -L riskdeck | sort >"$work/files"
step "$(inside bash -c 'dpkg -l | grep -c "^ii"') packages are installed; $(inside riskdeck --version)"

inside useradd --create-home ana
# One process tree for all of it: the embedded server runs as long as it does.
# shellcheck disable=SC2016
timed "the user's commands on the embedded database" inside su - ana -c '
  set -e
  export LC_ALL=C.UTF-8
  riskdeck doctor || true
  riskdeck run --source demo
  riskdeck snapshot fraud --size 120x36
  riskdeck snapshot fraud --size 120x36 | grep -q "Top 20 risk customers"
  riskdeck status
  riskdeck db stop
  riskdeck db reset --yes'

timed "removal" inside apt-get purge -y -qq riskdeck
left=0
while read -r file; do
  # Folders that others use as well stay.
  if [ -f "$root$file" ] || [ -L "$root$file" ]; then echo "deb-trial: left behind: $file" >&2; left=1; fi
done <"$work/files"
inside bash -c 'dpkg -l riskdeck 2>/dev/null | grep -q "^[ir][ci]"' && { echo "deb-trial: dpkg still knows riskdeck" >&2; left=1; }
for folder in usr/share/riskdeck usr/share/doc/riskdeck; do
  [ ! -e "$root/$folder" ] || { echo "deb-trial: left behind: /$folder" >&2; left=1; }
done
[ "$left" = 0 ] && step "nothing of the package is left"
exit "$left"
