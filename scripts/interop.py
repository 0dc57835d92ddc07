#!/usr/bin/env python3
"""Runs the data tests in riskdeck, in Great Expectations and in Soda on the same data, and compares the verdicts.

usage: interop.py PROGRAM        make interop; the tools are in the environment this runs in

Demo data go through the pipeline into a database of its own. Then faults are planted in the raw tables and in the marts, and
all three tools test both states of the data. Ends with 1 where a verdict differs, and says which.
"""
import json
import logging
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import warnings

# What the planted rows break; each is in a table of its own.
FAULTS = """
insert into staging.raw_labels values (1, 999999, 'nonsense');
update staging.raw_customers set country_code = 'x1', birth_year = 1700 where customer_id = 3;
update staging.raw_orders set discount = 250 where order_id = (select min(order_id) from staging.raw_orders);
update staging.fraud_scores set risk_level = 'odd', composite_risk_score = 1 where customer_id = 4;
update analytics.customer_segmentation set customer_segment = null, total_orders = 0, frequency_score = 9
  where customer_id = 5;
drop index analytics.customer_segmentation_customer_id_idx;
insert into analytics.customer_segmentation select * from analytics.customer_segmentation where customer_id = 6;
update analytics.fraud_analytics set customer_id = null where customer_id = 7;
delete from analytics.high_value_customers;
"""


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    program = str(pathlib.Path(sys.argv[1]).resolve())
    repository = pathlib.Path(__file__).resolve().parent.parent
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="riskdeck-interop-"))
    scratch.chmod(0o711)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RISKDECK_")}
    environment |= {
        "RISKDECK_DATA_DIR": str(scratch / "data"), "RISKDECK_PROJECT_DIR": str(repository), "HOME": str(scratch),
        "GX_ANALYTICS_ENABLED": "false"}
    os.environ |= {"HOME": str(scratch), "GX_ANALYTICS_ENABLED": "false"}

    def riskdeck(*words: str, codes=(0,)) -> str:
        answer = subprocess.run([program, *words], env=environment, capture_output=True, text=True, cwd=scratch)
        if answer.returncode not in codes:
            sys.exit(f"interop: riskdeck {' '.join(words)}: {answer.stderr}")
        return answer.stdout

    try:
        riskdeck("run", "--source", "demo", "--customers", "500")
        url = riskdeck("db", "url").strip()
        failed = compare("as published", riskdeck, url)
        subprocess.run(["psql", "--quiet", "--set=ON_ERROR_STOP=1", url, "--command", FAULTS], check=True)
        return failed | compare("with planted faults", riskdeck, url, faulty=True)
    finally:
        riskdeck("db", "reset", "--yes", codes=(0, 1))
        shutil.rmtree(scratch, ignore_errors=True)


def compare(state: str, riskdeck, url: str, faulty: bool = False) -> int:
    results = json.loads(riskdeck("test", "--json", codes=(0, 1)))
    ours = {}
    for result in results["results"]:
        ours[result["unique_id"].split(".")[2]] = {"pass": "pass", "warn": "warn"}.get(result["status"], "fail")
    gx = apart(great_expectations, json.loads(riskdeck("ls", "--tests", "--format", "gx")), url)
    soda = apart(soda_checks, riskdeck("ls", "--tests", "--format", "soda"), url)
    differing = 0
    for name in sorted(ours.keys() | gx.keys() | soda.keys()):
        verdicts = [verdict.get(name, "absent") for verdict in (ours, gx, soda)]
        if len(set(verdicts)) > 1:
            differing += 1
            print(f"interop: {name}: riskdeck {verdicts[0]}, Great Expectations {verdicts[1]}, Soda {verdicts[2]}")
    counts = {verdict: list(ours.values()).count(verdict) for verdict in ("pass", "warn", "fail")}
    print(f"interop: {state}: {len(ours)} tests, {counts}, {differing} verdicts differ")
    if faulty and counts["fail"] < 8:
        print("interop: the planted faults were not found")
        return 1
    return 1 if differing else 0


def apart(work, *arguments):
    """Runs it in a process of its own: both tools keep transactions open as long as theirs lives."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def great_expectations(suites: list[dict], url: str) -> dict[str, str]:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    import contextlib
    import io

    import great_expectations as gx

    verdicts = {}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_postgres("riskdeck", connection_string=url.replace("postgresql:", "postgresql+psycopg2:").replace("@/", "@localhost/"))
        for suite in suites:
            where = suite["meta"]
            asset = source.add_table_asset(suite["name"], table_name=where["table"], schema_name=where["schema"])
            batch = asset.add_batch_definition_whole_table("all").get_batch()
            expectations = gx.ExpectationSuite(
                name=suite["name"], expectations=suite["expectations"], meta=where)
            if len(expectations.expectations) != len(suite["expectations"]):
                raise SystemExit(f"interop: Great Expectations did not take all of {suite['name']}")
            for result in batch.validate(expectations).results:
                expectation = result.expectation_config
                severity = str(getattr(expectation.severity, "value", expectation.severity)).lower()
                bad = "warn" if severity == "warning" else "fail"
                if result.exception_info and "exception_message" in str(result.exception_info) and not result.success:
                    info = str(result.exception_info)
                    if "'raised_exception': True" in info:
                        bad = "error " + info[:300]
                verdicts[expectation.meta["name"]] = "pass" if result.success else bad
    return verdicts


def soda_checks(text: str, url: str) -> dict[str, str]:
    from urllib.parse import parse_qs, urlsplit

    from soda.scan import Scan

    parts = urlsplit(url)
    options = parse_qs(parts.query)
    scan = Scan()
    scan.disable_telemetry()
    scan.set_data_source_name("riskdeck")
    scan.add_configuration_yaml_str(
        "data_source riskdeck:\n  type: postgres\n"
        f"  host: {options['host'][0]}\n  port: {options['port'][0]}\n  username: {parts.username}\n"
        f"  password: ''\n  database: {parts.path[1:]}\n")
    scan.add_sodacl_yaml_str(text)
    scan.execute()
    if scan.get_error_logs_text():
        print(scan.get_error_logs_text())
    outcomes = {"pass": "pass", "warn": "warn", "fail": "fail"}
    return {check["name"]: outcomes.get(check["outcome"], "error") for check in scan.get_scan_results()["checks"]}


if __name__ == "__main__":
    sys.exit(main())
