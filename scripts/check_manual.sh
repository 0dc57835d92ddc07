#!/usr/bin/env bash
# Checks the man pages and the completions that were generated: mandoc's lint, and each shell loads its completions and
# completes a command with them. A check whose program is missing is skipped, and that is said.
# usage: scripts/check_manual.sh PROGRAM FOLDER-OF-MAN-PAGES FOLDER-OF-COMPLETIONS
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "$1") pages=$2 completions=$3
failed=0
bin=$(dirname "$program")

skip() { echo "manual: $1 is not installed; skipped: $2"; }
fail() {
  echo "manual: $1" >&2
  failed=1
}

if command -v mandoc >/dev/null; then
  # The pages refer to one another; mandoc looks for the others among the installed ones.
  findings=$(mandoc -T lint "$pages"/*.1 2>/dev/null | grep -v 'referenced manual not found: Xr' || true)
  [ -z "$findings" ] || fail "$findings"
  echo "manual: $(find "$pages" -name '*.1' | wc -l) man pages read by mandoc"
else
  skip mandoc "lint of the man pages"
fi

# Each shell is asked what it would offer after `riskdeck sta`.
if command -v bash >/dev/null; then
  offered=$(PATH="$bin:$PATH" bash --norc --noprofile -c '
    source "$1"
    function_name=$(complete -p riskdeck | sed -E "s/.*-F ([^ ]+).*/\1/")
    COMP_WORDS=(riskdeck sta) COMP_CWORD=1 COMP_LINE="riskdeck sta" COMP_POINT=12
    "$function_name" riskdeck sta riskdeck
    printf "%s\n" "${COMPREPLY[@]}"' bash "$completions/riskdeck.bash")
  grep -q '^status' <<<"$offered" && echo "manual: bash completes" || fail "bash offers '$offered' after riskdeck sta"
fi
if command -v zsh >/dev/null; then
  offered=$(PATH="$bin:$PATH" zsh -f -c '
    fpath=("$1" $fpath)
    autoload -Uz compinit && compinit -D -u
    autoload +X -Uz _riskdeck
    print -r -- "$_comps[riskdeck]"; whence -w _riskdeck' zsh "$completions")
  [ "$offered" = $'_riskdeck\n_riskdeck: function' ] && zsh -n "$completions/_riskdeck" &&
    echo "manual: zsh loads its completions" || fail "zsh has '$offered' for riskdeck"
else
  skip zsh "its completions"
fi
if command -v fish >/dev/null; then
  offered=$(PATH="$bin:$PATH" HOME=$(mktemp -d) fish --no-config -c "source $completions/riskdeck.fish; complete -C 'riskdeck sta'")
  grep -q '^status' <<<"$offered" && echo "manual: fish completes" || fail "fish offers '$offered' after riskdeck sta"
else
  skip fish "its completions"
fi

python3 scripts/manual.py "$program" check docs/commands.md || failed=1
exit "$failed"
