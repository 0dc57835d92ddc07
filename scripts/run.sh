#!/usr/bin/env bash
# Loads demo data into the embedded database where nothing is published yet, runs the pipeline, and opens the
# workstation; without a terminal it prints the run's summary and the three dashboards instead.
# usage: scripts/run.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1

"$program" run --source demo
if [ -t 0 ] && [ -t 1 ]; then
  exec "$program"
fi
for screen in segmentation fraud vip; do
  echo
  "$program" snapshot "$screen" --size 120x36
done
