#!/usr/bin/env bash
# Lint and all tests. Further arguments go to swift test, e.g. --filter Scoring.
set -euo pipefail
cd "$(dirname "$0")/.."

if (($# == 0)); then scripts/lint.sh; fi
swift build --build-tests
if (($# == 0)); then
  # The page of all commands is what the program says of itself.
  python3 scripts/manual.py .build/debug/riskdeck markdown .build/commands.md
  diff .build/commands.md docs/commands.md || {
    echo 'docs/commands.md: out of date; python3 scripts/manual.py .build/debug/riskdeck markdown docs/commands.md'
    exit 1
  }
fi
# A test that hangs must fail, not keep whoever waits for the suite.
timeout --foreground 40m swift test --skip-build --disable-xctest "$@"
