#!/usr/bin/env bash
# Builds a Debian package from what `make install` puts into an empty root.
# usage: scripts/deb.sh PROGRAM GENERATED FOLDER    writes FOLDER/riskdeck_VERSION_ARCHITECTURE.deb
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1 generated=$2 output=$3
for tool in dpkg-deb dpkg-shlibdeps strip fakeroot; do
  command -v "$tool" >/dev/null || {
    echo "deb: there is no $tool; install dpkg-dev, binutils and fakeroot" >&2
    exit 1
  }
done
version=$("$program" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+')
architecture=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$output" "$root/DEBIAN"
chmod 755 "$root" "$root/DEBIAN"
umask 022

PROGRAM=$program GENERATED=$generated PREFIX=/usr DESTDIR=$root scripts/install.sh install
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/riskdeck"

document=$root/usr/share/doc/riskdeck
install -Dm644 packaging/debian/copyright "$document/copyright"
install -Dm644 packaging/debian/lintian-overrides "$root/usr/share/lintian/overrides/riskdeck"
install -Dm644 .env.example "$document/examples/env"
maintainer="The RiskDeck authors <riskdeck@example.com>"
date=$(LC_ALL=C date -u -R -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}")
{
  echo "riskdeck ($version) unstable; urgency=medium"
  echo
  echo "  * Built from the sources; what changed stands in CHANGELOG.md."
  echo
  echo " -- $maintainer  $date"
} | gzip -9n >"$document/changelog.gz"
# A version without a Debian revision belongs to a native package, whose changelog is changelog.gz.

# dpkg-shlibdeps asks for a source's control file; that of the package to be is all it needs.
mkdir -p "$work/debian"
printf 'Source: riskdeck\n\nPackage: riskdeck\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O root/usr/bin/riskdeck 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || {
  echo "deb: dpkg-shlibdeps found no dependencies of $program" >&2
  exit 1
}
case $depends in *swift*) echo "deb: the program needs Swift on its target: $depends" >&2 && exit 1 ;; esac
if ldd "$root/usr/bin/riskdeck" | grep -qE 'libswift|libFoundation'; then
  echo "deb: $program is linked to Swift's shared libraries; build it with --static-swift-stdlib" >&2
  exit 1
fi

cat >"$root/DEBIAN/control" <<CONTROL
Package: riskdeck
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -k -s --exclude=DEBIAN "$root" | cut -f1)
Depends: $depends, ca-certificates
Recommends: postgresql
Section: database
Priority: optional
Description: customer risk and fraud analysis in the terminal
 One native program that extracts customers and orders, masks personal data,
 loads PostgreSQL, builds and tests dbt models, scores every customer by six
 risk factors with reasons in words, and shows segmentation, fraud and
 retention dashboards with a drill-down to one customer.
 .
 Without a database of its own it starts a private PostgreSQL cluster for the
 user who calls it; for that the package postgresql is recommended.
CONTROL
# The daemon is left to the administrator to enable; its account and its settings are made by hand: docs/operations.md.
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
fakeroot dpkg-deb --root-owner-group -Zxz -z3 --build "$root" "$output/riskdeck_${version}_$architecture.deb" >/dev/null
echo "deb: $output/riskdeck_${version}_$architecture.deb"
