#!/usr/bin/env python3
"""`riskdeck build` against `dbt build`: the same project, the same data, one run after the other on one private server.

Usage: bench.py RISKDECK VENVS [REPEATS [small|large|generated]]

Prints wall, client CPU and server CPU (medians of the repeats, seconds), the ratios to riskdeck, and whether they reach the
targets below; ends with 1 where one is missed. Server CPU is what the processes of the private cluster used meanwhile, ended ones
included. At 1,000,000 order lines the SQL itself rules: two repeats are enough.
"""
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
sys.path.insert(0, str(REPOSITORY / "Tests" / "parity"))
from cluster import Cluster  # noqa: E402
from parity import PROFILE, dbt_environment, without_known_faults  # noqa: E402

SIZES = [("small", "208 customers", 208, 800), ("large", "1,000,000 order lines", 100_000, 1_000_000)]

# How many times less than each dbt, at least: wall and client CPU.
TARGETS = {
    ("small", "dbt 1.12"): (25, 100), ("small", "dbt 2.0"): (4, 10),
    ("large", "dbt 1.12"): (1, 1), ("large", "dbt 2.0"): (1, 1),
}
GENERATED_SECONDS = 1.0


def server_seconds(cluster):
    """CPU seconds of the postmaster, its children and all children it has waited for."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(entry.name) == cluster.process:
            total += sum(int(fields[i]) for i in (11, 12, 13, 14)) / ticks
        elif int(fields[1]) == cluster.process:
            total += sum(int(fields[i]) for i in (11, 12)) / ticks
    return total


def measured(command, environment, cluster):
    before, server = resource.getrusage(resource.RUSAGE_CHILDREN), server_seconds(cluster)
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    wall = time.perf_counter() - start
    # Sessions end a moment after their clients.
    time.sleep(0.2)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done, (wall, cpu, server_seconds(cluster) - server)


def main():
    program, venvs = sys.argv[1], pathlib.Path(sys.argv[2])
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    dbts = [(n, venvs / f / "bin" / "dbt") for n, f in (("dbt 1.12", "one"), ("dbt 2.0", "two"))]
    parts = sys.argv[4:] or ["small", "large", "generated"]
    sys.stdout.reconfigure(line_buffering=True)
    missed = 0
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start, {repeats} repeats, medians; seconds")
    with tempfile.TemporaryDirectory() as folder, Cluster() as cluster:
        cluster.migrate(REPOSITORY / "queries" / "schema")
        commands = []
        for name, path in [("riskdeck", pathlib.Path(program))] + [d for d in dbts if d[1].exists()]:
            project = pathlib.Path(folder) / name.replace(" ", "_")
            shutil.copytree(REPOSITORY / "queries", project, ignore=shutil.ignore_patterns("target", "logs"))
            # The pre-release of dbt 2.0 cannot make indexes; all three build the same without.
            without_known_faults(project)
            schema = "bench_" + project.name.replace(".", "_")
            if name == "riskdeck":
                commands.append((name, project, {}, [program, "build", "--database", cluster.url, "--project", str(project),
                                                     "--target-schema", schema]))
            else:
                (project / "profiles.yml").write_text(PROFILE.format(
                    profile="riskdeck", port=cluster.port, database=cluster.database, schema=schema))
                commands.append((name, project, dbt_environment(path), [
                    str(path), "build", "--project-dir", str(project), "--profiles-dir", str(project)]))
        for part, label, customers, lines in SIZES:
            if part not in parts:
                continue
            cluster.script(HERE / "raw_data.sql", {"customers": customers, "lines": lines})
            figures = {name: [] for name, *_ in commands}
            counts = {}
            # In turns, so that a busy moment of the machine falls on all of them.
            for turn in range((min(repeats, 2) if part == "large" else repeats) + 1):
                for name, project, environment, command in commands:
                    done, figure = measured(command, environment, cluster)
                    if part == "large":
                        print(f"  {name}, turn {turn}: wall {figure[0]:.1f}", file=sys.stderr)
                    results = json.loads((project / "target" / "run_results.json").read_text())["results"]
                    bad = [r["unique_id"] for r in results if r["status"] not in ("success", "pass", "warn")]
                    if bad or not results:
                        raise SystemExit(f"{name} failed: {bad[:3]}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
                    counts[name] = (sum(r["unique_id"].startswith("model.") for r in results),
                                    sum(r["unique_id"].startswith("test.") for r in results))
                    if turn:  # The first turn warms the caches.
                        figures[name].append(figure)
            print(f"\n{label}: {counts['riskdeck'][0]} models, {counts['riskdeck'][1]} tests")
            print(f"{'':10} {'wall':>8} {'client CPU':>11} {'server CPU':>11}")
            medians = {n: [statistics.median(f[i] for f in fs) for i in range(3)] for n, fs in figures.items()}
            for name, values in medians.items():
                print(f"{name:10} {values[0]:8.3f} {values[1]:11.3f} {values[2]:11.3f}")
            own = medians["riskdeck"]
            for name, values in medians.items():
                if name == "riskdeck":
                    continue
                ratios = [values[0] / own[0], values[1] / own[1], values[2] / max(own[2], 0.01)]
                least = TARGETS[part, name]
                is_reached = all(ratio >= target for ratio, target in zip(ratios, least))
                missed += not is_reached
                print(f"{name} / riskdeck: wall {ratios[0]:.1f}x, client CPU {ratios[1]:.1f}x, server CPU {ratios[2]:.1f}x; "
                      f"at least {least[0]}x and {least[1]}x: {'reached' if is_reached else 'MISSED'}")
        if "generated" in parts:
            missed += generated(program, folder, cluster)
    raise SystemExit(1 if missed else 0)


def generated(program, folder, cluster):
    """2,000 models, each with two tests and a reference to an earlier one: read, compiled, written to the manifest."""
    project = pathlib.Path(folder) / "generated"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text("name: generated\nversion: '1.0'\nprofile: generated\nvars: {limit: 10}\n")
    schema = ["version: 2", "models:"]
    for n in range(2000):
        parent = f"{{{{ ref('model_{n // 2}') }}}}" if n else "(select 1 as id, 2 as amount) as start"
        (project / "models" / f"model_{n}.sql").write_text(
            "{{ config(materialized='table', tags=['generated']) }}\n{% set columns = ['id', 'amount'] %}\n"
            f"select {{% for column in columns %}}{{{{ column }}}}{{{{ ', ' if not loop.last }}}}{{% endfor %}}\nfrom {parent}\n"
            "where amount < {{ var('limit') }}\n")
        schema += [f"  - name: model_{n}", "    columns:", "      - name: id", "        data_tests: [unique, not_null]"]
    (project / "models" / "schema.yml").write_text("\n".join(schema) + "\n")
    walls, cpus = [], []
    for _ in range(4):
        done, (wall, cpu, _) = measured(
            [program, "compile", "--database", cluster.url, "--project", str(project)], {}, cluster)
        if done.returncode:
            raise SystemExit(done.stderr)
        walls.append(wall)
        cpus.append(cpu)
    wall, cpu = statistics.median(walls[1:]), statistics.median(cpus[1:])
    count = int(done.stdout.split()[0])
    is_reached = wall < GENERATED_SECONDS and count == 6_000
    print(f"\n2,000 models and 4,000 tests read and compiled ({count} nodes): wall {wall:.3f}, client CPU {cpu:.3f}; "
          f"wall under {GENERATED_SECONDS:.0f} s: {'reached' if is_reached else 'MISSED'}")
    return not is_reached


if __name__ == "__main__":
    main()
