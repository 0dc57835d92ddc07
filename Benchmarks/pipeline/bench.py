#!/usr/bin/env python3
"""`riskdeck run` on the demo source against the floor: what plain psql needs for the same rows on the same server.

Usage: bench.py RISKDECK [--customers 208,100000,1000000] [--repeats 3] [--database URL] [--output FOLDER]

In pairs, one after the other: a full run, an unchanged one, one that finds the lines of 1 % of the customers changed, and the floor: one session that copies the same rows into the same
tables, builds the same compiled models with their indexes, copies the events out and the scores in. Afterwards what screens ask
is timed: every card, the first page of every sort of the customer list, customer pages. Before, the
same rows are read from a database whose rows say when they changed: a full run, an unchanged one, one after 1 % of the
customers changed. Writes pipeline.json and pipeline.md.
Without --database a private server is made and removed; one that is named gets a database riskdeck_floor besides, and all its
riskdeck data are replaced.
"""
import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
FLOOR = "riskdeck_floor"
RAW = ["staging.raw_customers", "staging.raw_orders", "staging.raw_products", "staging.raw_labels"]
SCORES = "staging.fraud_scores"
# Seconds: what must not be exceeded at any size, by the 95th percentile.
LIMITS = {"cards": 0.1, "first pages of sorts": 0.05, "customer pages": 0.03}


class Server:
    """The database under test and psql on it."""

    def __init__(self, program, folder, database):
        self.program = program
        self.environment = {**os.environ, "RISKDECK_DATA_DIR": str(folder / "data"), "MASKING_SALT": "bench",
                            "RISKDECK_PROJECT_DIR": str(REPOSITORY)}
        self.is_own = database is None
        if database:
            self.environment["RISKDECK_DATABASE_URL"] = database
        self.url = database or self.riskdeck("db", "url").strip()

    def riskdeck(self, *arguments):
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, env=self.environment)
        if done.returncode:
            raise SystemExit(f"riskdeck {' '.join(arguments)} failed: {done.stderr}{done.stdout[-2000:]}")
        return done.stdout

    def psql(self, script, database=None):
        url = self.url
        if database:
            path, _, rest = url.partition("?")
            url = path.rpartition("/")[0] + "/" + database + (f"?{rest}" if rest else "")
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url], input=script,
                              capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"psql failed: {done.stderr}")
        return done.stdout.strip()

    def close(self):
        if self.is_own:
            self.riskdeck("db", "reset", "--yes")


def run(server, source, *options):
    """One run: wall, what it says of itself with the memory of each task, and its peak memory in MiB."""
    command = [server.program, "run", *source, "--json", *options]
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=output, stderr=errors, text=True, env=server.environment)
        peak, sizes = 0, []
        while process.poll() is None:
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                peak = max(peak, *map(int, re.findall(r"VmHWM:\s+(\d+)", status)), 0)
                sizes += [(time.time(), int(size) / 1024) for size in re.findall(r"VmRSS:\s+(\d+)", status)]
            except OSError:
                pass
            time.sleep(0.01)
        wall = time.perf_counter() - start
        output.seek(0)
        errors.seek(0)
        report = json.loads(output.read() or "{}")
        if report.get("state") != "success":
            raise SystemExit(f"the run failed: {report.get('reason')} {errors.read()}")
    times = server.psql(
        "select task, extract(epoch from started_at), extract(epoch from ended_at) from monitoring.task_attempts "
        f"where run_id = {report['run_id']} and started_at is not null and ended_at is not null")
    report["memory"] = {}
    for task, begin, end in (line.split("|") for line in times.splitlines()):
        report["memory"][task] = max((size for at, size in sizes if float(begin) <= at <= float(end)), default=0)
    print(f"    {' '.join(options) or 'run'}: {wall:.2f} s, {peak / 1024:.0f} MiB", file=sys.stderr, flush=True)
    return wall, report, peak / 1024


class Shop:
    """The rows of the last run as a database of somebody else's, whose rows say when they changed."""

    MAPPING = """customers: |
  select customer_id, full_name, email, phone, bank_country, ip_country, birth_date, gender, city, state, country,
    home_latitude, home_longitude, device, ip, signed_up_at, changed_at from shop.customers
orders: |
  select order_id, cart_id, customer_id, product_id, product, category, counterparty, quantity, price, discount, line_total,
    region, ordered_at, place, latitude, longitude, device, ip, changed_at from shop.orders
products: select product_id, title, category, brand, price, stock, rating from shop.products
"""

    def __init__(self, server, folder):
        self.server = server
        mapping = folder / "shop.yml"
        mapping.write_text(self.MAPPING)
        self.source = ["--source", "postgres:" + server.url, "--mapping", str(mapping)]
        changed = "timestamptz '2026-01-01 00:00+00' + customer_id % 5000000 * interval '1 second' as changed_at"
        server.psql(
            "drop schema if exists shop cascade; create schema shop; "
            f"create table shop.customers as select *, make_date(birth_year, 1, 1) as birth_date, {changed} "
            "from staging.raw_customers; "
            "create table shop.products as select * from staging.raw_products; "
            f"create table shop.orders as select *, {changed} from staging.raw_orders; "
            "create index on shop.customers (changed_at); create index on shop.orders (changed_at); analyze shop.customers, shop.orders; "
            # What the run may read.
            "grant usage on schema shop to public; grant select on all tables in schema shop to public")

    def change(self):
        """The lines of one customer in a hundred."""
        self.server.psql(
            "update shop.orders set price = price + 1, changed_at = now(), "
            "line_total = round((price + 1) * quantity * (1 - discount / 100), 2) where customer_id % 100 = 1")

    def close(self):
        self.server.psql("drop schema shop cascade")


class Floor:
    """Plain psql with the rows of the last run."""

    def __init__(self, server, folder):
        self.server = server
        self.files = folder / "floor"
        self.files.mkdir(exist_ok=True)
        self.files.chmod(0o777)
        for table in [*RAW, SCORES]:
            server.psql(f"\\copy (select * from {table}) to '{self.file(table)}' (format binary)")
        self.models = self.compiled(folder)
        self.indexes = server.psql(
            "select indexdef || ';' from pg_indexes where schemaname = 'analytics' and tablename not in ('risk_history', 'run_trends')")
        self.events = re.search(r'"""\n\s+(copy .*?)"""', (
            REPOSITORY / "Sources/Pipeline/Scoring/DatabaseEvents.swift").read_text(), re.S).group(1).replace("\\(filter)", "").strip()

    def file(self, table):
        return self.files / table

    def compiled(self, folder):
        """The models in building order: (relation, materialisation, SQL)."""
        self.server.riskdeck("compile", "--full-refresh", "--target-path", str(folder / "target"))
        manifest = json.loads((folder / "target/manifest.json").read_text())
        models = {k: n for k, n in manifest["nodes"].items() if n["resource_type"] == "model"}
        done, ordered = set(), []
        while len(ordered) < len(models):
            for key, node in models.items():
                if key not in done and all(d in done or d not in models for d in node["depends_on"]["nodes"]):
                    done.add(key)
                    sql = node["compiled_code"].replace(f'"{node["database"]}".', "")
                    ordered.append((f'analytics.{node["name"]}', node["config"]["materialized"], sql))
        return ordered

    def measure(self):
        """Seconds by part, all in one session after the tables were made."""
        server = self.server
        server.psql(f"drop database if exists {FLOOR}")
        server.psql(f"create database {FLOOR}")
        server.psql(self.tables(), FLOOR)
        parts = {"load": ["begin; set local synchronous_commit = off;"]
                 + [f"\\copy {t} from '{self.file(t)}' (format binary)" for t in RAW]
                 + ["commit;", *[f"analyze {t};" for t in RAW]],
                 "events out": [" ".join(self.events.split()).replace("copy (", "\\copy (", 1).replace("to stdout", "to /dev/null")],
                 "scores in": [f"\\copy {SCORES} from '{self.file(SCORES)}' (format binary)", f"analyze {SCORES};"],
                 "models": [f"create {'view' if kind == 'view' else 'table'} {name} as {sql};" for name, kind, sql in self.models]
                 + [self.indexes] + [f"analyze {name};" for name, kind, _ in self.models if kind != "view"]}
        script = "\\timing off\n"
        for name, statements in parts.items():
            script += f"select 'at {name} ' || extract(epoch from clock_timestamp());\n" + "\n".join(statements) + "\n"
        script += "select 'at end ' || extract(epoch from clock_timestamp());\n"
        marks = [(m[1], float(m[2])) for m in re.finditer(r"^at ([a-z ]+) ([\d.]+)$", server.psql(script, FLOOR), re.M)]
        seconds = {name: after - at for (name, at), (_, after) in zip(marks, marks[1:])}
        return {**seconds, "whole": marks[-1][1] - marks[0][1]}

    def tables(self):
        """The raw tables as they stand, without their rights."""
        named = [option for table in [*RAW, SCORES] for option in ("-t", table)]
        done = subprocess.run(["pg_dump", "--schema-only", "--no-owner", "--no-privileges", *named, "-d", self.server.url],
                              capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"pg_dump failed: {done.stderr}")
        return "create schema staging; create schema analytics;\n" + done.stdout


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def questions(server, customers):
    """What screens ask, by kind: (name, statements)."""
    cards = [(str(path.relative_to(REPOSITORY / "queries/dashboards"))[:-4],
              [re.sub(r"(?<![:\w]):([a-z_]+)", "null", re.sub(r"--[^\n]*", "", path.read_text()))])
             for path in sorted((REPOSITORY / "queries/dashboards").glob("*/*.sql"))]
    fields = re.findall(r'name: "(\w+)"', (REPOSITORY / "Sources/Pipeline/Desk/CustomerList.swift").read_text()
                        .partition("static let all")[2].partition("static let filterable")[0])
    columns = ", ".join(fields)
    sorts = []
    for field in fields:
        for direction in ("asc", "desc"):
            # As the customer list reads a first page: rows with a value, then those without.
            parts = [f"select {columns} from analytics.customer_segmentation where {field} is {word} null "
                     f"order by {field} {direction}, customer_id {direction} limit 200" for word in ("not", "")]
            sorts.append((f"{field} {direction}", parts[:1] if field == "customer_id" else parts))
    reader = (REPOSITORY / "Sources/Pipeline/Desk/CustomerPageReader.swift").read_text()
    page = [" ".join(sql.split()) for sql in re.findall(r'"""\n(.*?)"""', reader, re.S) if "select" in sql and "\\(" not in sql]
    page.append("select * from analytics.customer_segmentation where customer_id = $1")
    # What the reader binds: so many order lines, so many customers like this one.
    lines, peers = (int(re.search(rf"static let {name} = (\d+)", reader).group(1)) for name in ("mostOrderLines", "peerCount"))
    page = [sql.replace("$2", str(peers if "nearby" in sql else lines + 1)) for sql in page]
    ids = [1 + (customers * n) // 20 for n in range(20)]
    pages = [(f"customer {i}", [s.replace("$1", str(i)) for s in page]) for i in ids]
    return {"cards": cards, "first pages of sorts": sorts, "customer pages": pages}


def desk(server, customers, repeats):
    """Seconds of each question, by kind: the 95th percentile over all, and the slowest question by its own."""
    answer = {}
    for kind, asked in questions(server, customers).items():
        times = {}
        script = "\\timing on\n\\o /dev/null\n"
        for _ in range(repeats + 1):
            for _, statements in asked:
                script += "".join(s.strip().rstrip(";") + ";\n" for s in statements)
        found = [float(m) / 1000 for m in re.findall(r"^Time: ([\d.]+) ms", server.psql(script), re.M)]
        position = 0
        for turn in range(repeats + 1):
            for name, statements in asked:
                if turn:  # The first turn warms the caches.
                    times.setdefault(name, []).append(sum(found[position:position + len(statements)]))
                position += len(statements)
        slowest = max(times, key=lambda name: percentile(times[name], 0.95))
        answer[kind] = {"p95": percentile([t for ts in times.values() for t in ts], 0.95), "questions": len(times),
                        "slowest": slowest, "slowest p95": percentile(times[slowest], 0.95),
                        "each": {name: round(percentile(ts, 0.95), 5) for name, ts in times.items()}}
    return answer


def measure(server, folder, customers, repeats):
    full, again, changed, floors, peaks, stages, changed_stages, memory = [], [], [], [], [], {}, {}, {}
    shop_full, shop_again, shop_changed, shop_stages, shop_peaks = [], [], [], {}, []
    floor = None
    demo = ["--source", "demo", "--customers", str(customers)]
    for turn in range(repeats):
        print(f"  {customers} customers, pair {turn + 1} of {repeats}", file=sys.stderr)
        wall, report, peak = run(server, demo, "--full-refresh")
        full.append(wall)
        peaks.append(peak)
        for task in report["tasks"]:
            stages.setdefault(task["task"], []).append(task["seconds"] or 0)
            memory[task["task"]] = max(memory.get(task["task"], 0), report["memory"].get(task["task"], 0))
        # The next run finds its inputs unchanged.
        wall, report, _ = run(server, demo)
        again.append(wall)
        # What the source says again differs from what is stored of one customer in a hundred.
        server.psql("update staging.raw_orders set quantity = quantity + 1 where customer_id % 100 = 1; "
                    "delete from monitoring.task_inputs where task <> 'models'")
        wall, report, _ = run(server, demo)
        changed.append(wall)
        for task in report["tasks"]:
            changed_stages.setdefault(task["task"], []).append(task["seconds"] or 0)
        floor = floor or Floor(server, folder)
        floors.append(floor.measure())
    shop = Shop(server, folder)
    for turn in range(repeats):
        wall, report, peak = run(server, shop.source, "--full-refresh")
        shop_full.append(wall)
        shop_peaks.append(peak)
        wall, report, _ = run(server, shop.source)
        shop_again.append(wall)
        shop.change()
        wall, report, _ = run(server, shop.source)
        shop_changed.append(wall)
        for task in report["tasks"]:
            shop_stages.setdefault(task["task"], []).append(task["seconds"] or 0)
    shop.close()
    median = statistics.median
    floor_parts = {name: median([f[name] for f in floors]) for name in floors[0]}
    lines = int(server.psql("select count(*) from staging.raw_orders"))
    answer = {
        "customers": customers, "lines": lines, "repeats": repeats, "full": median(full), "unchanged": median(again),
        "unchanged share": median(a / f for a, f in zip(again, full)), "peak MiB": max(peaks),
        "changed": median(changed), "changed share": median(c / f for c, f in zip(changed, full)),
        "changed stages": {name: median(seconds) for name, seconds in changed_stages.items()},
        "stages": {name: median(seconds) for name, seconds in stages.items()}, "floor": floor_parts, "memory": memory,
        # From a database whose rows say when they changed.
        "shop": median(shop_full), "shop unchanged": median(shop_again), "shop changed": median(shop_changed),
        "shop changed share": median(c / f for c, f in zip(shop_changed, shop_full)),
        "shop unchanged share": median(c / f for c, f in zip(shop_again, shop_full)),
        "shop stages": {name: median(seconds) for name, seconds in shop_stages.items()}, "shop peak MiB": max(shop_peaks),
        # Of pairs, so that a busy moment of the machine falls on both.
        "ratio": median(f / g["whole"] for f, g in zip(full, floors)),
        "ratio with scoring": median(
            f / (g["whole"] + stages["score"][n]) for n, (f, g) in enumerate(zip(full, floors))),
        "desk": desk(server, customers, 10)}
    shutil.rmtree(folder / "floor")
    return answer


def machine(server):
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) / 1024 / 1024
    return {"processors": os.cpu_count(), "model": model.group(1) if model else platform.machine(), "memory GiB": round(memory, 1),
            "kernel": platform.release(), "load at the start": os.getloadavg()[0], "riskdeck": server.riskdeck("--version").strip(),
            "build": "release" if "release" in str(server.program) else "debug", "PostgreSQL": server.psql("show server_version")}


def markdown(report):
    m = report["machine"]
    text = [f"{m['model']}, {m['processors']} processors, {m['memory GiB']} GiB, load {m['load at the start']:.1f} at the start; "
            f"PostgreSQL {m['PostgreSQL']}; riskdeck {m['riskdeck']} ({m['build']} build). Seconds, medians of pairs.", "",
            "| customers | lines | full run | floor | full / floor | full / (floor + scoring) | unchanged | of the full run | 1 % changed | of the full run | peak memory |",
            "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for size in report["sizes"]:
        text.append(f"| {size['customers']:,} | {size['lines']:,} | {size['full']:.2f} | {size['floor']['whole']:.2f} | "
                    f"{size['ratio']:.2f} | {size['ratio with scoring']:.2f} | {size['unchanged']:.2f} | "
                    f"{size['unchanged share']:.1%} | {size['changed']:.2f} | {size['changed share']:.1%} | "
                    f"{size['peak MiB']:.0f} MiB |")
    text += ["", "| from a database with `changed_at`: customers | full run | unchanged | of the full run | 1 % changed | of the full run |",
             "|---:|---:|---:|---:|---:|---:|"]
    for size in report["sizes"]:
        text.append(f"| {size['customers']:,} | {size['shop']:.2f} | {size['shop unchanged']:.2f} | {size['shop unchanged share']:.1%} | "
                    f"{size['shop changed']:.2f} | {size['shop changed share']:.1%} |")
    names = [size["customers"] for size in report["sizes"]]
    for title, key in (("stage of a full run", "stages"), ("stage with 1 % changed", "changed stages"),
                       ("stage with 1 % changed, by `changed_at`", "shop stages"), ("part of the floor", "floor"),
                       ("memory while a full run is in a stage, MiB", "memory")):
        text += ["", f"| {title} | " + " | ".join(f"{n:,}" for n in names) + " |", "|---|" + "---:|" * len(names)]
        for part in report["sizes"][0][key]:
            text.append(f"| {part} | " + " | ".join(f"{size[key].get(part, 0):.2f}" for size in report["sizes"]) + " |")
    text += ["", "| screens, 95th percentile, ms | limit | " + " | ".join(f"{n:,}" for n in names) + " |",
             "|---|---:|" + "---:|" * len(names)]
    for kind, limit in LIMITS.items():
        text.append(f"| {kind} | {limit * 1000:.0f} | " + " | ".join(
            f"{s['desk'][kind]['p95'] * 1000:.1f} (slowest: {s['desk'][kind]['slowest']}, {s['desk'][kind]['slowest p95'] * 1000:.1f})"
            for s in report["sizes"]) + " |")
    return "\n".join(text) + "\n"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program", type=os.path.abspath)
    arguments.add_argument("--customers", default="208,100000,1000000")
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--database")
    arguments.add_argument("--output", default=".", type=pathlib.Path)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="riskdeck-bench-", dir="/tmp") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        server = Server(options.program, folder, options.database)
        try:
            report = {"machine": machine(server), "sizes": []}
            for customers in options.customers.split(","):
                report["sizes"].append(measure(server, folder, int(customers), options.repeats))
                # The largest size takes hours: what is measured is kept.
                write(report, options.output)
        finally:
            server.psql(f"drop database if exists {FLOOR}")
            server.close()
    print(markdown(report), end="")


def write(report, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pipeline.json").write_text(json.dumps(report, indent=2) + "\n")
    (folder / "pipeline.md").write_text(markdown(report))


if __name__ == "__main__":
    main()
