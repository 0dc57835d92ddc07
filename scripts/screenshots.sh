#!/usr/bin/env bash
# Renders every screen to docs/screenshots/NAME.svg, from demo data of one seed in a database of its own.
# usage: scripts/screenshots.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "$1")
folder=docs/screenshots

home=$(mktemp -d)
chmod 711 "$home"
export HOME=$home RISKDECK_DATA_DIR=$home/data XDG_STATE_HOME=$home/state XDG_CONFIG_HOME=$home/config TZ=UTC
unset RISKDECK_DATABASE_URL RISKDECK_SOURCE
trap '"$program" db reset --yes >/dev/null 2>&1 || true; rm -rf "$home"' EXIT

mkdir -p "$home/data" "$folder"
chmod 711 "$home/data"
"$program" run --source demo --customers 5000 --seed 7 >/dev/null
# A case in work, somebody's step in the audit log, and a second run in which some customers moved.
case=$("$program" cases next --as ann --json | sed -n 's/^{"case": \([0-9]*\),.*/\1/p')
"$program" cases note "$case" "Called the customer: does not know the last two orders." --as ann >/dev/null
"$program" export --table customer_segmentation --format csv --out "$home/customers.csv" >/dev/null
"$program" run --source demo --customers 5400 --seed 7 >/dev/null

picture() {  # NAME SCREEN [KEYS [THEME [SIZE]]]
  "$program" snapshot "$2" --format svg --keys "${3-}" --theme "${4-dark}" --size "${5-120x36}" >"$home/picture.svg"
  mv "$home/picture.svg" "$folder/$1.svg"
  echo "$folder/$1.svg"
}

picture pipeline pipeline
picture segmentation segmentation
picture fraud fraud
picture fraud-light fraud "" light
picture vip vip
picture customers customers
picture customer customers Enter dark 120x40
picture saved-query query/customers_by_country
picture heatmap segmentation "] ] ] ] z"
picture movers movers
picture trends trends
picture cases cases
picture case "case/$case"
picture what-if what-if
picture query query
picture models models
picture model model/customer_segmentation
picture task task/1/score
picture failing-rows failing-rows/2/source_not_null_staging_raw_customers_phone
picture audit audit
picture high-contrast fraud "" high-contrast
picture colour-blind-safe fraud "" colour-blind-safe
picture help fraud "?"
picture palette customers ': "cust"'
