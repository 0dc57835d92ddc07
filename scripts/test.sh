#!/usr/bin/env bash
# Lint and all tests. Further arguments go to swift test, e.g. --filter Scoring.
set -euo pipefail
cd "$(dirname "$0")/.."

if (($# == 0)); then scripts/lint.sh; fi
swift build --build-tests
swift test --skip-build --disable-xctest "$@"
