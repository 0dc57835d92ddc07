#!/usr/bin/env python3
"""Checks the pages of this repository: links to files and headings lead somewhere, test suites that are named exist,
and docs/configuration.md names every setting that the program or a schema knows."""
import json
import pathlib
import re
import sys

LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
SUITE = re.compile(r"`(\w+Tests)`")
# A row of a table that says how many tests a suite has.
COUNT = re.compile(r"^\| `(\w+Tests)` \| (\d+) \|")

# Where the program reads an environment variable.
VARIABLE = re.compile(
    r"(?:environment|variables)\[\"([A-Z][A-Z_]+)\"\]|\b(?:getenv|folder|flag)\(\"([A-Z][A-Z_]+)\"|\"(RISKDECK_[A-Z_]+)\""
    r"|\b(?:let names: \[String\] = \[)((?:\"[A-Z_]+\",? ?)+)\]"
)
# The heading of docs/configuration.md that describes the format of a schema.
SETTINGS = {
    "config": "The user's configuration",
    "project": "An imported project",
    "language": "A language",
    "dashboard": "A dashboard",
    "theme": "A theme",
    "ruleset": "The ruleset",
    "reference": "What is usual",
    "mapping": "A mapping of queries",
    "event-mapping": "A mapping of event files",
}


def variables() -> set[str]:
    """The environment variables named in the sources."""
    names = set()
    for path in [*pathlib.Path("Sources").rglob("*.swift"), *pathlib.Path("Sources").rglob("*.h")]:
        for groups in VARIABLE.findall(path.read_text()):
            for group in groups:
                names |= set(re.findall(r"[A-Z][A-Z_]+", group))
    return names


def keys(schema: dict) -> set[str]:
    """The keys a schema knows, at any depth."""
    names = set()
    for word, rule in schema.items():
        if word == "properties":
            names |= set(rule)
        if word == "patternProperties":
            names |= {name for pattern in rule for name in re.findall(r"[A-Za-z_]+", pattern)}
        if word in ("properties", "patternProperties", "$defs"):
            for inner in rule.values():
                names |= keys(inner)
        elif word in ("items", "additionalProperties") and isinstance(rule, dict):
            names |= keys(rule)
        elif word == "anyOf":
            for inner in rule:
                names |= keys(inner)
    return names


def missing_settings() -> list[str]:
    """Settings that docs/configuration.md does not name, and schemas it has no heading for."""
    page = pathlib.Path("docs/configuration.md")
    sections = {}
    for part in re.split(r"^## ", page.read_text(), flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        # The keys of a format stand as code; `schema.yml` and paths are no keys.
        sections[heading] = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", " ".join(re.findall(r"`([^`]+)`", body))))
    findings = [
        f"{page}: the environment variable {name} is missing"
        for name in sorted(variables() - sections.get("Environment variables", set()))
    ]
    for file in sorted(pathlib.Path("docs/schemas").glob("*.json")):
        heading = SETTINGS.get(file.stem)
        if heading not in sections:
            findings.append(f"{page}: no heading describes {file}")
            continue
        named = sections[heading]
        # The statistics stand under the ruleset alone.
        if file.stem == "reference":
            named = named | sections.get(SETTINGS["ruleset"], set())
        schema = json.loads(file.read_text())
        findings += [f"{page}: '{heading}' lacks {key}" for key in sorted(keys(schema) - named)]
    return findings


def anchor(heading: str) -> str:
    text = re.sub(r"[`*]", "", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(path: pathlib.Path) -> set[str]:
    return {anchor(line.lstrip("#")) for line in path.read_text().splitlines() if line.startswith("#")}


def tests_of(suite: str, text: str) -> int:
    """The functions marked @Test of a suite, which ends where the next line begins with a brace."""
    match = re.search(rf"^(?:@Suite )?(?:struct|final class|enum) {suite}\b.*?^}}", text, re.MULTILINE | re.DOTALL)
    return len(re.findall(r"@Test\b", match.group(0))) if match else 0


def main() -> int:
    findings = []
    tests = "\n".join(path.read_text() for path in pathlib.Path("Tests").rglob("*.swift"))
    pages = [*pathlib.Path(".").glob("*.md"), *pathlib.Path("docs").rglob("*.md")]
    for page in sorted(pages):
        for number, line in enumerate(page.read_text().splitlines(), 1):
            for match in LINK.finditer(line):
                target = match.group(1) or match.group(2)
                if re.match(r"[a-z]+:", target):
                    continue
                name, _, heading = target.partition("#")
                file = page.parent / name if name else page
                if not file.exists():
                    findings.append(f"{page}:{number}: there is no {target}")
                elif heading and file.suffix == ".md" and heading not in anchors(file):
                    findings.append(f"{page}:{number}: {file} has no heading #{heading}")
            counted = COUNT.match(line)
            if counted and int(counted.group(2)) != (found := tests_of(counted.group(1), tests)):
                findings.append(f"{page}:{number}: {counted.group(1)} has {found} tests")
            for suite in SUITE.findall(line):
                if not re.search(rf"\b(struct|final class|enum) {suite}\b", tests):
                    findings.append(f"{page}:{number}: there are no tests {suite}")
    findings += missing_settings()
    if findings:
        print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
