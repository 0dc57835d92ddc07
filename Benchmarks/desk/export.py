#!/usr/bin/env python3
"""Exports a table of a million rows and compares it with COPY, byte by byte; memory is the program's highest resident set.

    export.py RISKDECK DATABASE_URL [ROWS]

psql must be installed. The table bench_export.rows is made and dropped.
"""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

TABLE = """
drop schema if exists bench_export cascade;
create schema bench_export;
create table bench_export.rows as
select n as customer_id, 'Customer ' || n as name, (n % 100000) * 1.07 - 500 as spent, n / 7.0::float8 as share,
  n % 3 = 0 as vip, timestamptz '2026-01-01 00:00+00' + n * interval '1 minute' as at,
  (array['plain', '=1+1', 'a,b', 'say "hi"', E'two\\nlines', '@x', '', null])[n % 8 + 1] as note,
  jsonb_build_object('n', n) as facts
from generate_series(1, {rows}) n;
grant usage on schema bench_export to public;
grant select on bench_export.rows to public;
"""


def psql(url: str, sql: str, **options) -> None:
    subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", url, "-c", sql], check=True, **options)


def export(riskdeck: str, url: str, out: pathlib.Path, *more: str) -> tuple[float, float]:
    start = time.monotonic()
    process = subprocess.Popen(
        [riskdeck, "export", "--database", url, "--table", "bench_export.rows", "--out", str(out), *more],
        stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"the export ended with {status}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def main() -> None:
    riskdeck, url = sys.argv[1:3]
    rows = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        out, copy = pathlib.Path(folder, "out"), pathlib.Path(folder, "copy.csv")
        try:
            for count in (rows // 100, rows):
                psql(url, TABLE.format(rows=count))
                for name, more in (("csv --raw", ["--raw"]), ("csv", []), ("ndjson", ["--format", "ndjson"])):
                    seconds, memory = export(riskdeck, url, out, *more)
                    size = out.stat().st_size
                    print(f"{count:>9,} rows {name:<10} {seconds:6.1f} s {size / 1e6:8.1f} MB {memory:7.1f} MiB resident")
                    if name != "ndjson":
                        with copy.open("wb") as file:
                            psql(url, "copy bench_export.rows to stdout (format csv, header)", stdout=file)
                        with out.open("rb") as ours, copy.open("rb") as theirs:
                            changed = 0
                            for left, right in zip(ours, theirs, strict=True):
                                if left != right:
                                    changed += 1
                                    if name == "csv --raw" or left.replace(b",'", b",") != right:
                                        sys.exit(f"differs from COPY: {left!r} {right!r}")
                        print(f"{'':>14} {changed:,} lines differ from COPY, by apostrophes alone")
        finally:
            psql(url, "drop schema if exists bench_export cascade")


main()
