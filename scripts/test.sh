#!/usr/bin/env bash
# Lint and all tests. Further arguments go to swift test, e.g. --filter Scoring.
set -euo pipefail
cd "$(dirname "$0")/.."

if (($# == 0)); then scripts/lint.sh; fi
swift build --build-tests
# A test that hangs must fail, not keep whoever waits for the suite.
timeout --foreground 40m swift test --skip-build --disable-xctest "$@"
