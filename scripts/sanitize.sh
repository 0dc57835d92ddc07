#!/usr/bin/env bash
# The unit tests under a sanitizer of the compiler: scripts/sanitize.sh address|thread [further arguments of swift test].
# The integration tests start the built program many times and are left to the ordinary run.
set -euo pipefail
cd "$(dirname "$0")/.."

usage='usage: scripts/sanitize.sh address|thread [arguments of swift test]'
kind=${1:?$usage}
shift
case $kind in
  address) scratch=.build-asan ;;
  thread) scratch=.build-tsan ;;
  *) echo "$usage" >&2; exit 64 ;;
esac
# Leaks are not looked for: the runtime of Swift, libpq and ncurses keep memory for as long as the process lives, and a
# detector that traces the process cannot run in most containers.
# Where a test traps, the sanitizer prints the stack: Swift's own crash handler reads memory that the sanitizer forbids.
export ASAN_OPTIONS="detect_leaks=0:handle_sigill=1:${ASAN_OPTIONS:-}"
export SWIFT_BACKTRACE=enable=no
export TSAN_OPTIONS="halt_on_error=0:${TSAN_OPTIONS:-}"
build=(swift build --sanitize "$kind" --scratch-path "$scratch" --build-tests)
echo "sanitize: $kind in $scratch"
"${build[@]}"
before=()
if [ "$kind" = thread ]; then
  # What the sanitizer does not see of Swift's Mutex; the file says why. The compiler beside Swift's knows its calls.
  clang=$(command -v clang || echo "$(dirname "$(readlink -f "$(command -v swift)")")/clang")
  "$clang" -shared -fPIC -O1 -o "$scratch/tsan_mutex.so" scripts/tsan_mutex.c
  before=(env "LD_PRELOAD=$PWD/$scratch/tsan_mutex.so")
fi
timeout --foreground 60m ${before[@]+"${before[@]}"} swift test --skip-build --disable-xctest --sanitize "$kind" --scratch-path "$scratch" \
  --skip IntegrationTests "$@"
