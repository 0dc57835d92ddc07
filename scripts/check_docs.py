#!/usr/bin/env python3
"""Checks the pages of this repository: links to files and headings lead somewhere, test suites that are named exist."""
import pathlib
import re
import sys

LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
SUITE = re.compile(r"`(\w+Tests)`")
# A row of a table that says how many tests a suite has.
COUNT = re.compile(r"^\| `(\w+Tests)` \| (\d+) \|")


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
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
