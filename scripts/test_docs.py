#!/usr/bin/env python3
"""Runs every command `$ riskdeck ...` of the pages' console blocks on demo data, and the questions for Metabase.

usage: test_docs.py PROGRAM

Commands run in the order of the pages, in a database and a working folder of their own. A command fails where it ends with
another code than 0, or than N where its line ends in `# ends with N`. A command is passed over, and that is said, where it
waits for a person or reaches another machine.
"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

# What cannot run here, by its beginning, and why.
PASSED_OVER = [
    (r"riskdeck$", "opens the workstation"),
    (r"riskdeck workstation", "opens the workstation"),
    (r"riskdeck daemon", "runs until it is ended"),
    (r".*(https?|postgresql|postgres)[:]", "reaches another machine"),
    (r".*\.\.\.", "is an abbreviation"),
    (r".*[|<>&;`]|.*\$\(", "is more than one command"),
    (r".*\b[A-Z]{3,}\b", "holds a name to be put in"),
    (r".*(files:|events:|customers\.parquet)", "needs files of one's own"),
]


def commands(page: pathlib.Path):
    inside, continued = False, ""
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.strip().startswith("```"):
            inside = line.strip() == "```console"
            continue
        if not inside:
            continue
        if continued or line.startswith("$ riskdeck"):
            continued += line.removeprefix("$ ").rstrip("\\")
            if line.endswith("\\"):
                continue
            command, _, comment = continued.partition("  #")
            code = re.search(r"ends with (\d+)", comment)
            yield number, command.strip(), int(code.group(1)) if code else 0
            continued = ""


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    program = pathlib.Path(sys.argv[1]).resolve()
    repository = pathlib.Path(__file__).resolve().parent.parent
    os.chdir(repository)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="riskdeck-docs-"))
    scratch.chmod(0o755)
    project = scratch / "project"
    for folder in ("queries", "themes"):
        shutil.copytree(folder, project / folder, ignore=shutil.ignore_patterns("target"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RISKDECK_")}
    environment |= {"RISKDECK_DATA_DIR": str(scratch / "data"), "PATH": f"{program.parent}:{environment['PATH']}"}

    def run(arguments):
        return subprocess.run(arguments, cwd=project, env=environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=600)

    failed = ran = passed_over = 0
    try:
        first = run(["riskdeck", "run", "--source", "demo", "--customers", "200"])
        if first.returncode:
            print(f"test-docs: the demo run failed: {first.stderr.strip()}")
            return 1
        for page in [pathlib.Path("README.md"), *sorted(pathlib.Path("docs").glob("*.md"))]:
            for number, command, expected in commands(page):
                reason = next((why for pattern, why in PASSED_OVER if re.match(pattern, command)), None)
                if reason:
                    passed_over += 1
                    print(f"test-docs: {page}:{number}: passed over, {reason}: {command}")
                    continue
                result = run(shlex.split(command))
                ran += 1
                if result.returncode != expected:
                    failed += 1
                    said = (result.stderr or result.stdout).strip().splitlines()
                    print(f"{page}:{number}: {command}: ended with {result.returncode}: {said[-1] if said else ''}")
        for question in sorted(pathlib.Path("queries/metabase").rglob("*.sql")):
            text = question.read_text()
            # Nothing chosen: Metabase leaves the optional parts out. Then every part, with a value.
            values = {"period": "90", "customer_id": "'1'", "since": "'2026-01-31'"}
            chosen = re.sub(r"\{\{(\w+)\}\}", lambda match: values.get(match.group(1), "'x'"), text)
            for sql in (re.sub(r"\[\[.*?\]\]", "", chosen), re.sub(r"\[\[|\]\]", "", chosen)):
                result = run(["riskdeck", "query", "--", sql])
                ran += 1
                if result.returncode:
                    failed += 1
                    print(f"{question}: {result.stderr.strip()}")
    finally:
        run(["riskdeck", "db", "reset", "--yes"])
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"test-docs: {ran} commands ran, {failed} failed, {passed_over} were passed over")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
