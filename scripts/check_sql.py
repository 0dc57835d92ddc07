#!/usr/bin/env python3
"""Flags SQL text that is built by interpolation: values travel as binds, names through quotedIdentifier.

An interpolation inside a string literal that looks like SQL is accepted where it calls one of the audited quoting
functions, or where the line (or the line above the literal) says `SQL-safe:` with the reason.
"""
import pathlib
import re
import sys

SQL = re.compile(
    r"\b(select\b.+\bfrom|insert\s+into|update\s+\S+\s+set|delete\s+from|create\s+(table|schema|view|index|database|unlogged|temp)"
    r"|drop\s+(table|schema|view|database)|alter\s+(table|view|schema)|copy\s+\S+\s+(from|to)|truncate\s|listen\s|notify\s)",
    re.I | re.S,
)
INTERPOLATION = re.compile(r"\\\(([^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*)\)")
AUDITED = re.compile(r"^(try )?(quotedIdentifier|quotedLiteral)\(|\.quoted$|\.quotedName$|Quoted$|^quoted[A-Z]?\w*$")


def literals(text: str):
    """Yields (offset, content) of each string literal; triple-quoted ones first."""
    position = 0
    pattern = re.compile(r'"""(.*?)"""|"((?:[^"\\\n]|\\\([^\n]*?\)|\\.)*)"|//[^\n]*', re.S)
    while match := pattern.search(text, position):
        position = match.end()
        content = match.group(1) if match.group(1) is not None else match.group(2)
        if content is not None:
            yield match.start(), content


def main() -> int:
    findings = []
    for path in sorted(pathlib.Path("Sources").rglob("*.swift")):
        text = path.read_text()
        lines = text.splitlines()
        for offset, content in literals(text):
            if not SQL.search(content):
                continue
            for match in INTERPOLATION.finditer(content):
                expression = match.group(1).strip()
                if AUDITED.search(expression):
                    continue
                number = text.count("\n", 0, offset) + 1
                above = "\n".join(lines[max(0, number - 4) : number + content.count("\n") + 1])
                if "SQL-safe:" in above:
                    continue
                findings.append(f"{path}:{number}: SQL with \\({expression}): use a bind, quotedIdentifier, or say SQL-safe: why")
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
