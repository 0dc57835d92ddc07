#!/usr/bin/env bash
# Checks what the compiler does not: formatting, who may import whom, SQL built from data, unsafe spots, and names that
# should not stand in the repository. Prints every finding and fails where there is one.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0

echo "lint: format"
swift format lint --strict --recursive Sources Tests Package.swift || failed=1

echo "lint: imports"
python3 scripts/check_imports.py || failed=1

echo "lint: SQL"
python3 scripts/check_sql.py || failed=1

echo "lint: SQL on Citus"
python3 scripts/check_citus.py || failed=1

echo "lint: unsafe spots"
# `try!`, forced unwrapping by `as!`, fatalError and switched-off tests have no place outside tests.
if grep -rnE '\btry!|\bas!|fatalError\(|preconditionFailure\(' Sources; then failed=1; fi
# An unchecked or unsafe spot states its reason in the lines above it.
python3 scripts/check_unsafe.py || failed=1

echo "lint: commands"
# Every command states its name; see Riskdeck.
if grep -rnA1 "CommandConfiguration(" Sources/riskdeck | grep -E "abstract:" | grep -v commandName; then failed=1; fi

echo "lint: languages"
python3 scripts/check_language.py || failed=1

echo "lint: pages"
python3 scripts/check_docs.py || failed=1

exit "$failed"
