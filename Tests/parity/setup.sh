#!/usr/bin/env bash
# Installs dbt into private virtual environments below the folder given: `one` (dbt-core 1.12, dbt-postgres) and `two`
# (dbt 2.0), from PyPI alone. What cannot be had is said, and the comparison goes on without it.
set -uo pipefail
folder=${1:?usage: setup.sh FOLDER}
mkdir -p "$folder"
cd "$folder" || exit 1

if ! one/bin/dbt --version > /dev/null 2>&1; then
  python3 -m venv one
  # dbt-core 1.12 requires the parser of dbt 2.0, whose package downloads a program while it is installed. The builds here do not
  # use it: where it cannot be had, everything else is installed without it.
  if ! one/bin/pip install -q 'dbt-core==1.12.*' 'dbt-postgres==1.11.*' > one.log 2>&1; then
    one/bin/pip install -q --only-binary=:all: --no-deps 'dbt-core==1.12.*' >> one.log 2>&1
    one/bin/python -c '
import importlib.metadata as metadata
for requirement in metadata.requires("dbt-core"):
    if "extra ==" not in requirement and "experimental-parser" not in requirement:
        print(requirement)' > requirements.txt
    one/bin/pip install -q --only-binary=:all: -r requirements.txt psycopg2-binary >> one.log 2>&1
    one/bin/pip install -q --no-deps 'dbt-postgres==1.11.*' >> one.log 2>&1
  fi
fi
one/bin/dbt --version > /dev/null 2>&1 || { echo "dbt 1.12 could not be installed: $folder/one.log"; exit 1; }

if ! [ -x two/bin/dbt ]; then
  python3 -m venv two
  # From 2.0.0b1 on the packages download the program from elsewhere while they are installed; the last pre-release that is whole
  # in itself stands in where that fails.
  two/bin/pip install -q 'dbt==2.0.*' > two.log 2>&1 ||
    two/bin/pip install -q --pre --only-binary=:all: 'dbt-core==2.0.0a4' >> two.log 2>&1 ||
    { echo "notice: dbt 2.0 could not be installed: $folder/two.log"; rm -rf two; exit 0; }
fi
# dbt 2.0 downloads its driver for PostgreSQL when it first runs. The same driver (Apache ADBC) is a package of its own.
if ! [ -e two/home ]; then
  cache=two/home/.cache/com.getdbt/adbc/x86_64-manylinux_2_17-linux-gnu
  mkdir -p "$cache"
  if two/bin/pip install -q --only-binary=:all: adbc-driver-postgresql >> two.log 2>&1; then
    cp two/lib/python3*/site-packages/adbc_driver_postgresql/libadbc_driver_postgresql.so \
      "$cache/libadbc_driver_postgresql-0.21.0+dbt0.21.0.so"
  fi
fi
