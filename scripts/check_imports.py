#!/usr/bin/env python3
"""Checks the import table of docs/architecture.md: nothing imports upward, and each C module has one importer."""
import pathlib
import re
import sys

STANDARD = {
    "Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization", "Swift", "_Concurrency", "Observation",
}
# Target: modules of this package and its dependencies that it may import.
ALLOWED = {
    "Postgres": {"CLibpq"},
    "Pipeline": {"Postgres", "CCurl", "CCrypto", "Yams", "Logging"},
    "Languages": {"Yams"},
    "Workstation": {"Languages", "Pipeline", "Yams"},
    "Terminal": {"CNcurses", "Workstation"},
    "riskdeck": {"Languages", "Postgres", "Pipeline", "Workstation", "Terminal", "ArgumentParser"},
}
# C modules that one file alone may import.
ONE_FILE = {"CCurl", "CCrypto"}

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+"
    r"(?:(?:struct|class|enum|func|protocol|typealias|var|let)\s+)?([A-Za-z_][A-Za-z0-9_]*)"
)


def main() -> int:
    findings = []
    importers: dict[str, set[str]] = {}
    for target, allowed in ALLOWED.items():
        for path in sorted(pathlib.Path("Sources", target).rglob("*.swift")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = IMPORT.match(line)
                if not match:
                    continue
                module = match.group(1)
                if module in ONE_FILE:
                    importers.setdefault(module, set()).add(str(path))
                if module not in allowed | STANDARD:
                    findings.append(f"{path}:{number}: {target} may not import {module}")
    for module, files in sorted(importers.items()):
        if len(files) > 1:
            findings.append(f"{module} is imported by more than one file: {', '.join(sorted(files))}")
    for folder in pathlib.Path("Sources").iterdir():
        is_c = folder.name.startswith("C") and (folder / "module.modulemap").exists()
        if is_c:
            for extra in folder.iterdir():
                if extra.name not in {"module.modulemap", "shim.h"}:
                    findings.append(f"{extra}: a C module has a module map and a shim, nothing else")
        elif folder.name not in ALLOWED:
            findings.append(f"{folder}: a target that the import table does not know")
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


sys.exit(main())
