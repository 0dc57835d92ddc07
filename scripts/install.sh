#!/usr/bin/env bash
# Installs what `make build man completions` made below PREFIX (by default /usr/local), or removes it again.
# usage: scripts/install.sh install|uninstall    with PROGRAM, GENERATED, PREFIX and DESTDIR from the environment
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=${PREFIX:-/usr/local}
root=${DESTDIR:-}$prefix
# Where systemd and zsh look depends on whether a package or an administrator installs.
units=$root/lib/systemd
zsh=$root/share/zsh/site-functions
[ "$prefix" = /usr ] && zsh=$root/share/zsh/vendor-completions

case ${1:-} in
install)
  install -Dm755 "$PROGRAM" "$root/bin/riskdeck"
  # Only what is under version control or lies beside it as a project's file; never what runs left in target/.
  for folder in queries themes languages; do
    find "$folder" -type f -not -path 'queries/target/*' -not -name '.*' -print0 |
      while IFS= read -r -d '' file; do install -Dm644 "$file" "$root/share/riskdeck/$file"; done
  done
  for page in "$GENERATED"/man/*.1; do
    install -d "$root/share/man/man1"
    gzip -9nc "$page" >"$root/share/man/man1/$(basename "$page").gz"
    chmod 644 "$root/share/man/man1/$(basename "$page").gz"
  done
  # A file to be sourced has no interpreter line.
  sed "1{/^#!/d}" "$GENERATED/completions/riskdeck.bash" | install -Dm644 /dev/stdin "$root/share/bash-completion/completions/riskdeck"
  install -Dm644 "$GENERATED/completions/_riskdeck" "$zsh/_riskdeck"
  install -Dm644 "$GENERATED/completions/riskdeck.fish" "$root/share/fish/vendor_completions.d/riskdeck.fish"
  install -d "$units/system"
  sed "s|/usr/bin/riskdeck|$prefix/bin/riskdeck|" packaging/riskdeck-daemon.service >"$units/system/riskdeck-daemon.service"
  chmod 644 "$units/system/riskdeck-daemon.service"
  ;;
uninstall)
  rm -rf "$root/share/riskdeck"
  rm -f "$root/bin/riskdeck" "$root"/share/man/man1/riskdeck.1.gz "$root"/share/man/man1/riskdeck-*.1.gz \
    "$root/share/bash-completion/completions/riskdeck" "$zsh/_riskdeck" \
    "$root/share/fish/vendor_completions.d/riskdeck.fish" "$units/system/riskdeck-daemon.service"
  ;;
*)
  echo "usage: scripts/install.sh install|uninstall" >&2
  exit 64
  ;;
esac
