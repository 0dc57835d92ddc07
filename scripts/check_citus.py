#!/usr/bin/env python3
"""Checks what Citus refuses, or answers differently, as far as the text tells: docs/scale.md names the rules.

    check_citus.py [FOLDER]     FOLDER holds queries/ and Sources/; this repository without it

Distributed are the tables whose columns hold customer_id. Prints every finding and fails where there is one, or where an
exception below no longer applies.
"""
import pathlib
import re
import sys

from check_sql import literals

# (file, part of the statement, why it may stand)
EXCEPTIONS = [
    ("Sources/Pipeline/Models/Build/IncrementPlan.swift", "merge into",
     "what a project's author asks for by incremental_strategy: merge; no model of queries/ does"),
    ("Sources/Pipeline/Load/RawTables.swift", "order by ctid",
     "reads an incoming table, which stays on the coordinator; ctid is unique there"),
    ("Sources/Pipeline/Run/FailingRows.swift", "order by ?",
     "orders by the number that the program gave each kept row"),
    ("Sources/Pipeline/Desk/Cases/CaseDesk.swift", "for update skip locked",
     "takes the first free case: desk.cases stays on the coordinator (DistributionPlan.stayingLocal)"),
    ("Sources/Pipeline/Desk/Cases/CaseSettings.swift", "for no key update",
     "one row by its number: desk.cases stays on the coordinator (DistributionPlan.stayingLocal)"),
    ("queries/schema/012_case_handover.sql", "create trigger handover",
     "desk.cases stays on the coordinator (DistributionPlan.stayingLocal)"),
]

# Small tables that every node holds whole, whatever their columns.
REFERENCE_TABLES = {"desk.list_entries"}

# The last key of an order that cuts rows off: unique by itself among what the statement reads.
TIE_BREAKERS = {
    "customer_id", "order_id", "run_id", "entry", "line", "attempt", "subject", "schedule_id", "due_at", "oid",
    "attnum", "place", "number", "case_id", "event_id", "activation",
}
VOLATILE = re.compile(r"\b(now|random|clock_timestamp|statement_timestamp|gen_random_uuid|nextval)\s*\(|\bcurrent_timestamp\b")
KEY = re.compile(r"\b(?:primary key|unique)\s*\(([^()]*)\)")
CREATE_TABLE = re.compile(r"create (?:unlogged )?table (?:if not exists )?([\w.]+)\s*\(")
ORDER = re.compile(r"order by ((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?)(?=\s+(?:limit|rows|range|offset|fetch)\b|\)|;|$)")


def normal(text: str) -> str:
    """Lower case, one space between words, without comments and templates."""
    text = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"\{\{\s*source\('(\w+)',\s*'(\w+)'\)\s*\}\}", r"\1.\2", text)
    text = re.sub(r"\{\{\s*ref\('(\w+)'\)\s*\}\}", r"analytics.\1", text)
    text = re.sub(r"\{\{.*?\}\}", "0", text, flags=re.S)
    text = re.sub(r"\{%.*?%\}", " ", text, flags=re.S)
    return re.sub(r"\s+", " ", text).strip().lower()


def parenthesised(text: str, start: int) -> str:
    """What stands between the parenthesis that opens before `start` and its end."""
    depth = 1
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return text[start:position]
    return text[start:]


def parts(text: str) -> list[str]:
    """The text at its commas, those in parentheses left alone."""
    found, depth, begin = [], 0, 0
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            found.append(text[begin:position])
            begin = position + 1
    return [part.strip() for part in found + [text[begin:]]]


def statements(root: pathlib.Path):
    """Yields (file, line, statement) of all SQL."""
    for path in sorted((root / "queries").rglob("*.sql")):
        text = path.read_text()
        line = 1
        for piece in re.split(r";", re.sub(r"--[^\n]*", "", text)) if "schema" in path.parts else [text]:
            yield path.relative_to(root), line, normal(piece)
            line += piece.count("\n")
    for path in sorted((root / "Sources").rglob("*.swift")):
        text = path.read_text()
        for offset, content in literals(text):
            # What is interpolated is unknown: a name, or a list of them.
            yield path.relative_to(root), text.count("\n", 0, offset) + 1, normal(re.sub(r"\\\(.*?\)+", "?", content))


def distributed(root: pathlib.Path) -> set[str]:
    """The tables whose columns hold customer_id. Unlogged ones stay on the coordinator: a run's own, gone after it."""
    found = set()
    for path in sorted((root / "queries/schema").glob("*.sql")):
        text = normal(path.read_text())
        for match in CREATE_TABLE.finditer(text):
            if "unlogged" not in match.group(0) and re.search(r"\bcustomer_id\b", parenthesised(text, match.end())):
                found.add(match.group(1))
    return found - REFERENCE_TABLES


def key_findings(statement: str, tables: set[str]):
    for match in CREATE_TABLE.finditer(statement):
        if match.group(1) not in tables:
            continue
        columns = parts(parenthesised(statement, match.end()))
        for column in columns:
            for key in KEY.finditer(column):
                if "customer_id" not in key.group(1):
                    yield f"rule 1: the key ({key.group(1)}) of {match.group(1)} does not hold customer_id"
            words = column.split()
            is_key = re.search(r"\b(primary key|unique)\b(?!\s*\()", column)
            if is_key and words[0] != "customer_id":
                yield f"rule 1: the key {words[0]} of {match.group(1)} does not hold customer_id"
            reference = re.search(r"\breferences ([\w.]+)(?:\s*\(([^()]*)\))?", column)
            if reference and reference.group(1) in tables and "customer_id" not in column:
                yield f"rule 2: the foreign key of {match.group(1)} to {reference.group(1)} does not hold customer_id"
    index = re.match(r"create unique index .*? on ([\w.]+)\s*\(([^()]*)", statement)
    if index and index.group(1) in tables and "customer_id" not in index.group(2):
        yield f"rule 1: the unique index on {index.group(1)} does not hold customer_id"
    if re.search(r"add (?:column )?\w+ (?:big|small)?serial\b", statement):
        yield "rule 1: a serial column is added to a table that may be distributed"


def written_findings(statement: str, tables: set[str]):
    conflict = re.search(r"insert into ([\w.]+).*? on conflict\s*(\([^()]*\))?", statement)
    if conflict and conflict.group(1) in tables and "customer_id" not in (conflict.group(2) or "customer_id"):
        yield f"rule 1: on conflict of {conflict.group(1)} does not hold customer_id"
    upsert = re.search(r"do update set (.*)", statement)
    if upsert and VOLATILE.search(upsert.group(1)):
        yield "rule 3: the upsert calls a volatile function; write excluded.column"
    update = re.search(r"\bupdate ([\w.]+)(?: (?:as )?\w+)? set (.*?)(?: where | from |$)", statement)
    if update and update.group(1) in tables:
        if VOLATILE.search(update.group(2)):
            yield f"rule 3: the update of {update.group(1)} calls a volatile function; bind the value"
        if re.search(r"(?:^|, )customer_id =", update.group(2)):
            yield f"rule 3: the update of {update.group(1)} moves a row to another customer"
    if re.search(r"\bmerge into\b", statement):
        yield "rule 4: MERGE; use insert ... select ... on conflict"


def read_findings(statement: str, tables: set[str]):
    named = {table for table in tables if re.search(rf"(?<![\w.]){re.escape(table)}\b", statement)}
    if re.search(r"\b(rollup|grouping sets|cube)\s*\(", statement) and "materialized" not in statement and (
            "offset 0" not in statement):
        yield "rule 6: grouping sets; aggregate in a materialised part first"
    for trigger in re.finditer(r"create (?:constraint )?trigger .*? on ([\w.]+)", statement):
        if trigger.group(1) in tables:
            yield f"rule 8: a trigger on {trigger.group(1)}"
    if named and re.search(r"\bfor (no key )?update\b", statement) and not re.search(r"customer_id = [$:]", statement):
        yield f"rule 8: for update on several rows of {', '.join(sorted(named))}"
    if named and "with recursive" in statement:
        yield f"rule 8: a recursive part over {', '.join(sorted(named))}"


def order_findings(statement: str):
    cuts = r"\b(?:ntile|row_number|first_value|last_value|nth_value|lag|lead)\s*\([^()]*\)\s*over\s*\("
    for window in re.finditer(cuts, statement):
        clause = parenthesised(statement, window.end())
        if not has_tie_breaker(clause + ")", statement) and "order by" in clause:
            yield f"rule 9: a window orders by {clause.partition('order by ')[2]} without a tie-breaker"
    for limit in re.finditer(r"\blimit\b(?! 0\b)", statement):
        before = statement[: limit.start()]
        start = before.rfind("order by ")
        if start >= 0 and before.count("(", start) == before.count(")", start):
            if not has_tie_breaker(before[start:], statement):
                yield f"rule 9: {before[start:].strip()} cuts rows off without a tie-breaker"


def has_tie_breaker(clause: str, statement: str) -> bool:
    match = ORDER.search(clause)
    if not match:
        return False
    keys = [re.sub(r" (asc|desc)| nulls (first|last)", "", key).split(".")[-1].strip("?() ") for key in parts(match.group(1))]
    # Every group has values of its own.
    grouped = re.search(r".*group by (.*?) (?:having .*)?$", statement[: statement.find(match.group(0))] + " ")
    if grouped and all(part.split(".")[-1].strip() in keys for part in parts(grouped.group(1))):
        return True
    return keys[-1] in TIE_BREAKERS


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    tables = distributed(root)
    used, failed = set(), False
    for path, line, statement in statements(root):
        findings = [
            *key_findings(statement, tables), *written_findings(statement, tables), *read_findings(statement, tables),
            *order_findings(statement)]
        for finding in findings:
            exception = next(
                (e for e in EXCEPTIONS if e[0] == str(path) and e[1] in statement), None)
            if exception:
                used.add(exception)
                continue
            print(f"{path}:{line}: {finding}")
            failed = True
    if len(sys.argv) == 1:
        for exception in EXCEPTIONS:
            if exception not in used and pathlib.Path(exception[0]).exists():
                print(f"{exception[0]}: the exception for {exception[1]!r} applies to nothing any more")
                failed = True
    return 1 if failed else 0


sys.exit(main())
