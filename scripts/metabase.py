#!/usr/bin/env python3
"""Writes the questions of all dashboards as Metabase takes them: native SQL with optional filters and hints for drills.

usage: metabase.py write|check      check ends with 1 where queries/metabase is not what write would make
"""
import pathlib
import re
import sys

import yaml

DASHBOARDS = pathlib.Path("queries/dashboards")
TARGET = pathlib.Path("queries/metabase")
BIND = re.compile(r"(?<![:\w]):([a-z_]\w*)(?:::\w+)?")
ARGUMENT = re.compile(r"(?<![:\w]):([a-z_]\w*)::(\w+)")
NUMBERS = {"period"}
DISPLAYS = {
    "bars": "row chart", "stackedBars": "row chart, stacked", "columns": "bar chart", "heatmap": "pivot table",
    "gauges": "progress bars", "line": "line", "sparkline": "trend", "histogram": "bar chart", "table": "table",
    "figures": "one number card a column",
}


def optional(sql: str) -> str:
    """Rewrites each `(:name::type is null or CONDITION)` as `true [[and (CONDITION)]]`."""
    out, position = [], 0
    for match in re.finditer(r"\(:\w+::\w+ is null or ", sql):
        if match.start() < position:
            continue
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        condition = sql[match.end():end - 1].strip()
        out += [sql[position:match.start()], "true [[and (", BIND.sub(r"{{\1}}", condition), ")]]"]
        position = end
    return "".join(out) + sql[position:]


def question(dashboard: dict, card: dict) -> str:
    sql = optional((DASHBOARDS / card["sql"]).read_text().rstrip())
    # A bind that is an argument and no condition: null where the variable is left empty.
    sql = ARGUMENT.sub(r"coalesce([[{{\1}},]] null)::\2", sql)
    lines = [f"-- {card['title']} ({dashboard['title']})", f"-- Visualization: {DISPLAYS[card['chart']]}"]
    roles = {role: column for role, column in card.get("roles", {}).items() if role != "tone"}
    if roles:
        lines.append("-- Columns: " + ", ".join(f"{role} {column}" for role, column in roles.items()))
    for filter_ in dashboard.get("filters", []):
        name = filter_["name"]
        if "{{" + name + "}}" in sql:
            kind = "Number" if name in NUMBERS else "Text"
            choices = f", one of {', '.join(filter_['options'])}" if filter_.get("options") else ""
            lines.append(f"-- Variable {name}: {kind}, optional{choices} ({filter_['title']})")
    drill = card.get("drill", {})
    if "customer" in drill:
        lines.append(f"-- Click behavior: go to customer.sql, its customer_id from the column {drill['customer']}")
    elif "customers" in drill:
        fields = ", ".join(
            f"{field} from the column {column if isinstance(column, str) else column['column']}"
            for field, column in drill["customers"].items())
        lines.append(f"-- Click behavior: go to the table analytics.customer_segmentation, filtered by {fields}")
    elif "sql" in drill:
        lines.append(f"-- Click behavior: go to {drill['sql']}, with the row's columns as variables")
    return "\n".join(lines) + "\n\n" + sql + "\n"


CUSTOMER = """-- One customer: where a click on a row of customers leads.
-- Visualization: object detail
-- Variable customer_id: Text, required

select *
from analytics.customer_segmentation
where customer_id::text = {{customer_id}}
"""


def files() -> dict[pathlib.Path, str]:
    made = {TARGET / "customer.sql": CUSTOMER}
    for path in sorted(DASHBOARDS.glob("*.yml")):
        dashboard = yaml.safe_load(path.read_text())
        for card in dashboard["cards"]:
            made[TARGET / path.stem / f"{card['id']}.sql"] = question(dashboard, card)
    return made


def main() -> int:
    made = files()
    for path, text in made.items():
        rest = text.split("\n\n", 1)[1]
        if BIND.search(rest):
            print(f"{path}: the bind {BIND.search(rest).group()} has no optional form", file=sys.stderr)
            return 1
    present = {path: path.read_text() for path in TARGET.rglob("*.sql")}
    if sys.argv[1:] == ["check"]:
        if present != made:
            print("queries/metabase is not what the dashboards say; scripts/metabase.py write makes it anew")
        return 0 if present == made else 1
    if sys.argv[1:] != ["write"]:
        print(__doc__, file=sys.stderr)
        return 64
    for path in present:
        if path not in made:
            path.unlink()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
