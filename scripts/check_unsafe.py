#!/usr/bin/env python3
"""Each `@unchecked Sendable` and `nonisolated(unsafe)` states its reason in a comment just above it."""
import pathlib
import re
import sys

SPOT = re.compile(r"@unchecked\s+Sendable|nonisolated\(unsafe\)|unsafeBitCast|unowned\(unsafe\)")


def main() -> int:
    findings = []
    for path in sorted(pathlib.Path("Sources").rglob("*.swift")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines, 1):
            code = line.split("//")[0]
            if SPOT.search(code):
                above = lines[max(0, number - 7) : number]
                if not any("//" in other for other in above):
                    findings.append(f"{path}:{number}: say in a comment above why this is safe")
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


sys.exit(main())
