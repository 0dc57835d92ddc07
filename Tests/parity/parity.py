#!/usr/bin/env python3
"""Builds the projects with dbt and with riskdeck into two schemas and compares tables, compiled SQL and test results.

Usage: parity.py RISKDECK VENVS [PROJECT...]

RISKDECK is the program; VENVS the folder with the virtual environments `one` (dbt-core 1.12 with dbt-postgres) and,
where it could be installed, `two` (dbt 2.0). Exits with 1 where anything differs.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
sys.path.insert(0, str(HERE))
from cluster import Cluster  # noqa: E402

PROFILE = """{profile}:
  target: parity
  outputs:
    parity:
      type: postgres
      host: 127.0.0.1
      port: {port}
      user: postgres
      password: none
      dbname: {database}
      schema: {schema}
      threads: 2
"""

# What each scenario runs before every build; True: the next build starts with nothing built.
SMALL = [
    ("clean", "raw_data.sql", {"faults": 0}, True),
    ("planted faults", "raw_data.sql", {"faults": 1}, True),
    # Without the order of `build`, where a failed test keeps others from running: every test gives its count.
    ("planted faults, run", None, {}, True, "run"),
    ("planted faults, test", None, {}, False, "test"),
]
PROJECTS = {
    "queries": [
        ("clean", "../../Benchmarks/models/raw_data.sql", {"customers": 208, "lines": 800}, True),
        ("some customers changed", "touched_data.sql", {}, False),
        ("planted faults", "planted_faults.sql", {}, True),
        ("planted faults, run", None, {}, True, "run"),
        ("planted faults, test", None, {}, False, "test"),
    ],
    "macros": SMALL,
    "incremental": SMALL[:1] + [("more rows", "more_data.sql", {}, False), ("again", None, {}, False)],
    "quoting": SMALL,
    "dialects": SMALL,
}
# dbt 2.0 refuses the former dialect of tests.
ONLY_FIRST = {"dialects"}

# What the pre-release of dbt 2.0 that installs from a wheel gets wrong on PostgreSQL by itself, found in its logs. The comparison
# with this version goes around exactly these; the one with 1.12, and with any other 2.0, does not.
FAULTY_VERSION = "2.0.0-alpha.4"
KNOWN_FAULTS = [
    ("the setting `indexes`, taken out of both copies", "a model that has it ends without a result"),
    ("macros: ephemeral_base, ephemeral_second, uses_ephemeral, no_negative_total, taken out of both copies",
     "what reads an ephemeral model becomes a sub-query without an alias, which PostgreSQL before 16 refuses"),
    ("incremental: the model widened once it has grown", "a column that on_schema_change adds becomes varchar(256)"),
]
NOT_COMPARED = {("incremental", "more rows"): ["model.incremental.widened"], ("incremental", "again"): ["model.incremental.widened"]}
EPHEMERAL = ["models/ephemeral_base.sql", "models/ephemeral_second.sql", "models/uses_ephemeral.sql", "tests/no_negative_total.sql"]


def without_known_faults(project):
    for file in project.rglob("*.sql"):
        text = file.read_text()
        while (start := text.find("indexes=[")) >= 0 or (start := text.find("indexes = [")) >= 0:
            end = text.index("[", start)
            depth = 0
            while True:
                depth += {"[": 1, "]": -1}.get(text[end], 0)
                end += 1
                if depth == 0:
                    break
            before = re.sub(r",\s*$", "", text[:start])
            after = text[end:] if before != text[:start] else re.sub(r"^\s*,", "", text[end:])
            text = before + after
        file.write_bytes(text.encode())
    for name in EPHEMERAL:
        (project / name).unlink(missing_ok=True)
    for schema in project.rglob("schema.yml"):
        text = re.sub(r"  - name: (?:ephemeral_base|uses_ephemeral)\n(?:    .*\n?)+", "", schema.read_text())
        # The block under `indexes:` is what stands deeper than it.
        schema.write_text(re.sub(r"^( *)indexes:.*\n(?:\1 .*\n|\1- .*\n)*", r"\1enabled: true\n", text, flags=re.M))


# The pre-releases of dbt 2.0 that install from wheels alone call their adapter for PostgreSQL experimental.
ENVIRONMENT = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_ALLOW_EXPERIMENTAL_ADAPTERS": "true"}


def dbt_environment(program):
    """dbt 2.0 looks for its driver below the home folder that setup.sh made."""
    home = program.resolve().parent.parent / "home"
    return {**({"HOME": str(home)} if home.exists() else {}), **ENVIRONMENT}


def run(command, environment=None, check=True):
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(environment or {})})
    if check and done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done


def build_dbt(program, project, schema, cluster, profile, command, full_refresh):
    (project / "profiles.yml").write_text(
        PROFILE.format(port=cluster.port, database=cluster.database, schema=schema, profile=profile))
    (project / "target" / "run_results.json").unlink(missing_ok=True)
    command = [str(program), command, "--project-dir", str(project), "--profiles-dir", str(project)]
    done = run(command + (["--full-refresh"] if full_refresh and command[1] in ("build", "run") else []), dbt_environment(program))
    results = project / "target" / "run_results.json"
    if not results.exists():
        raise SystemExit(f"dbt left no results for {project}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return artifacts(project)


def build_riskdeck(program, project, schema, cluster, command, full_refresh):
    (project / "target" / "run_results.json").unlink(missing_ok=True)
    command = [program, {"run": "run-models"}.get(command, command), "--database", cluster.url, "--project", str(project),
               "--target-schema", schema, "--target-name", "parity"]
    if command[1] in ("build", "run-models"):
        command += ["--publish", "always"]
    done = run(command + (["--full-refresh"] if full_refresh else []))
    if not (project / "target" / "run_results.json").exists():
        raise SystemExit(f"riskdeck left no results for {project}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return artifacts(project)


def artifacts(project):
    results = json.loads((project / "target" / "run_results.json").read_text())["results"]
    manifest = json.loads((project / "target" / "manifest.json").read_text())
    compiled = {}
    for result in results:
        if result.get("compiled_code"):
            compiled[result["unique_id"]] = result["compiled_code"]
    for identifier, node in manifest["nodes"].items():
        if node.get("compiled_code"):
            compiled.setdefault(identifier, node["compiled_code"])
    return {
        "status": {r["unique_id"]: (r["status"], r.get("failures") if r["unique_id"].startswith("test.") else None)
                   for r in results},
        "compiled": compiled,
        "names": {i: n["name"] for i, n in manifest["nodes"].items()},
        "relations": {i: n["relation_name"] for i, n in manifest["nodes"].items()
                      if n["resource_type"] in ("model", "seed") and n.get("relation_name")},
    }


def normalised(sql, schema):
    """The SQL without differences that mean nothing: blanks, comments, the schema's name."""
    sql = sql.replace(schema, "SCHEMA")
    sql = re.sub(r"--[^\n]*", " ", sql)
    sql = re.sub(r"\s+", " ", sql)
    # Blanks beside punctuation mean nothing in SQL.
    return re.sub(r" ?([(),;]) ?", r"\1", sql).strip()


def compare_maps(what, left, right):
    differences = []
    for key in sorted(set(left) | set(right)):
        if left.get(key) != right.get(key):
            differences.append(f"{what} {key}: dbt {left.get(key)!r}, riskdeck {right.get(key)!r}")
    return differences


def compare_tables(cluster, dbt, riskdeck, dbt_schema, own_schema):
    differences, rows = [], 0
    for identifier, relation in sorted(dbt["relations"].items()):
        status = dbt["status"].get(identifier, ("missing",))[0]
        own = riskdeck["relations"].get(identifier)
        if status == "skipped" or own is None:
            continue
        database_less = relation.split(".", 1)[1]
        own = own.split(".", 1)[1]
        columns = """select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum)
                     from pg_attribute where attrelid = to_regclass('{}') and attnum > 0 and not attisdropped"""
        theirs, ours = (cluster.value(columns.format(r.replace("'", "''"))) for r in (database_less, own))
        if theirs != ours:
            differences.append(f"columns of {identifier}: dbt {theirs}, riskdeck {ours}")
            continue
        if not theirs:
            continue  # Neither has it: an ephemeral model.
        count = cluster.value(
            f"select (select count(*) from (select * from {database_less} except all select * from {own}) a)"
            f" + (select count(*) from (select * from {own} except all select * from {database_less}) b)"
            f" || ' ' || (select count(*) from {own})")
        differing, total = (int(n) for n in count.split())
        rows += total
        if differing:
            differences.append(f"rows of {identifier}: {differing} differ")
    return differences, rows


def compare(cluster, dbt, riskdeck, dbt_schema, own_schema):
    differences, rows = compare_tables(cluster, dbt, riskdeck, dbt_schema, own_schema)
    differences += compare_maps("status of", dbt["status"], riskdeck["status"])
    differences += compare_maps("name of", dbt["names"], riskdeck["names"])
    compiled = 0
    for identifier, sql in dbt["compiled"].items():
        own = riskdeck["compiled"].get(identifier)
        theirs = normalised(sql, dbt_schema)
        if own is None or theirs != normalised(own, own_schema):
            differences.append(f"compiled SQL of {identifier}:\n    dbt      {theirs}\n    riskdeck {own and normalised(own, own_schema)}")
        compiled += 1
    tests = sum(1 for identifier in dbt["status"] if identifier.startswith("test."))
    return differences, f"{rows} rows, {tests} tests, {compiled} compiled texts"


def main():
    program, venvs = sys.argv[1], pathlib.Path(sys.argv[2])
    chosen = sys.argv[3:] or list(PROJECTS)
    dbts = [(name, venvs / folder / "bin" / "dbt") for name, folder in (("1.12", "one"), ("2.0", "two"))]
    dbts = [(name, path) for name, path in dbts if path.exists()]
    versions = {n: run([str(p), "--version"]).stdout.strip().splitlines() for n, p in dbts}
    for name, lines in versions.items():
        print(f"dbt {name}: " + " ".join(line.strip() for line in lines if "installed" in line or line.startswith("dbt"))[:120])
    failed, compared = 0, 0
    is_faulty = FAULTY_VERSION in " ".join(versions.get("2.0", []))
    if is_faulty:
        for what, reason in KNOWN_FAULTS:
            print(f"not compared with {FAULTY_VERSION}: {what}, because {reason}")
    for name in sorted(ONLY_FIRST & set(chosen)):
        print(f"not compared with 2.0: {name}, because 2.0 refuses the former dialect of data tests by intention")
    with tempfile.TemporaryDirectory() as folder, Cluster() as cluster:
        for name in chosen:
            for version, dbt in dbts:
                if version == "2.0" and name in ONLY_FIRST:
                    continue
                label = version.replace(".", "_")
                source = REPOSITORY / "queries" if name == "queries" else HERE / "projects" / name
                theirs, ours = (pathlib.Path(folder) / f"{name}_{label}_{who}" for who in ("dbt", "own"))
                for copy in (theirs, ours):
                    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("target", "dbt_packages", "logs"))
                schemas = f"parity_dbt_{name}", f"parity_own_{name}"
                if name == "queries":
                    cluster.migrate(REPOSITORY / "queries" / "schema")
                profile = re.search(r"^profile: (\S+)", (theirs / "dbt_project.yml").read_text(), re.M)[1]
                if version == "2.0" and is_faulty:
                    for copy in (theirs, ours):
                        without_known_faults(copy)
                for scenario, script, variables, is_fresh, *rest in PROJECTS[name]:
                    command = rest[0] if rest else "build"
                    if is_fresh:
                        cluster.drop_schemas("parity_dbt", "parity_own")
                    if script:
                        cluster.script(HERE / script, variables)
                    dbt_result = build_dbt(dbt, theirs, schemas[0], cluster, profile, command, is_fresh)
                    own_result = build_riskdeck(program, ours, schemas[1], cluster, command, is_fresh)
                    if version == "2.0" and is_faulty:
                        for result in (dbt_result, own_result):
                            for part in result.values():
                                for identifier in NOT_COMPARED.get((name, scenario), []):
                                    part.pop(identifier, None)
                    if command == "test":
                        # No model is built: dbt shows an incremental one as for its first build, riskdeck as for its next one.
                        for result in (dbt_result, own_result):
                            result["compiled"] = {i: s for i, s in result["compiled"].items() if i.startswith("test.")}
                    differences, figures = compare(cluster, dbt_result, own_result, *schemas)
                    print(f"{'ok  ' if not differences else 'FAIL'} {name}, {scenario}, dbt {version}: {figures}, {len(differences)} differences")
                    for difference in differences:
                        print("  " + difference)
                    failed += len(differences)
                    compared += 1
                cluster.drop_schemas("parity_dbt", "parity_own")
    if not any(name == "2.0" for name, _ in dbts):
        print("notice: dbt 2.0 could not be installed; compared with 1.12 alone")
    print(f"{compared} comparisons, {failed} differences")
    raise SystemExit(1 if failed or not compared else 0)


if __name__ == "__main__":
    main()
