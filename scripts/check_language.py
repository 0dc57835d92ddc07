#!/usr/bin/env python3
"""Compares languages/*.yml with the English texts of the sources, both ways: no text without a translation, and no
translation of a text that is not there any more. Prints every finding and fails where there is one.

A text of a screen is what Sources/Workstation writes in words, an error what is handed to an error or printed as one, help what
a command or an option says of itself. See texts.py for how they become templates.
"""
import pathlib
import re
import sys

import texts

# Calls that take the text of an error.
ERROR = re.compile(r"(Error|error|Refusal|failure|printError|syntax)$")
# Files of the workstation that draw no text of their own: pages, pictures, SQL words, widths.
NOT_SCREENS = {
    "KeyTable.swift", "ScreenSVG.swift", "DashboardReport.swift", "ReportChart.swift", "QueryCompletion.swift",
    "WidthTable.swift", "Keymap.swift", "KeyName.swift",
}
# Words that look like texts and are none.
NOT_TEXTS = {
    " UTC", "UTC", "NULL", "NaN", "COLORTERM", "NO_COLOR", "{1} h {2} min", "{1} min {2} s", "{1} s", "{1} ms",
    "{1} d {2} h", "{1} {2}", "select …", " RiskDeck ", " · RiskDeck", "RiskDeck: {1}", "Customer segment",
    "At Risk Customer", "Lost Customer", "Stable", "BLOCK_IMMEDIATELY", "MANUAL_REVIEW", "∅", "ID", "VIP", "Esc",
}
# Pieces of texts that are put together; the wholes stand in COMPOSED.
PIECES = {
    "run {1} {2}{3}{4}", "run {1} {2}{3}", "Data of run {1}, published {2} {3} ", "{1}, source {2}", "Selected: {1}{2}",
    "Case {1}{2}", "Runs {1}: {2}. {3}", "It goes on where this terminal closes.", "Upstream tasks stay as they are.",
    "What the run finished is kept.", "customer {1}{2}", "--source postgres:",
}
# Translations of texts that are put together out of several literals, or come out of tables and formats.
COMPOSED = re.compile(
    r"^(success|failed|crashed|cancelled|running|skipped|queued)\b|^Data of run|^Runs \{1\}|^Selected:|^\{1\}, (shown|hidden|in force)$"
    r"|^run \{1\} (success|failed|cancelled|crashed)|^first \{1\} of \{2\}; |^\{1\} open, |^\{1\}, LATE$|^\{1\}, about|\(not now: "
    r"|^Whole dashboard, |^about \{1\}$|^\{1\} \(and \{2\} more\)$|^case \{1\}: \{2\}$|f filters all customers$|^customer \{1\}, \{2\}$"
    r"|^(Standard|Enhanced monitoring|Manual review|Block immediately)$|^Task \{1\}$|^\{1\}  \{2\}/s  \{3\} left$"
    r"|^\{1\} \(undone\)$|^\{1\}, (late|(unchanged since|scored by) run \{2\})$|^late set$|^`\{1\}` are not built$"
    # LevelSetting's clauses, alone and together.
    r"|^set (by \{1\} until|to \{1\} by)|^scored \{1\}$|^\{1\} set by \{2\}, |^counts until the next run$|^from the next run on$"
    r"|^(Case|Customer) \{1\}: \{2\}$|^\{1\} on the \{2\} list$|^there is no case that passes the filter$"
)
# What the parser of arguments says in the help of every command.
PARSER_HELP = {"Show help information.", "Show the version."}
PROSE = re.compile(r"[A-Za-z{}0-9'’`]{2,}[,;:.]? +[A-Za-z{(/`'\"0-9-]")


def completed(text: texts.Text) -> str:
    """A literal that goes on with something else than a literal, with a place for it."""
    if re.match(r"\s*\+\s*[^\"\s]", text.after) and not text.template.endswith("\n"):
        return text.template + "{%d}" % (len(set(re.findall(r"\{(\d+)\}", text.template))) + 1)
    return text.template


def is_error(text: texts.Text) -> bool:
    line = text.before.rsplit("\n", 1)[-1]
    return any(ERROR.search(call) for call in text.calls) or bool(re.search(r"\bthrow [^\n]*$", line))


def is_help(text: texts.Text) -> bool:
    return bool(re.search(r"(help:|abstract:|discussion:|ArgumentHelp\()\s*$", text.before))


def is_screen(text: texts.Text) -> bool:
    template = text.template
    if pathlib.Path(text.file).name in NOT_SCREENS or template.startswith("<") or "</" in template:
        return False
    if pathlib.Path(text.file).name == "DefaultBindings.swift":
        return len(template) > 2
    if re.search(r"(title: |Panel\(|verb: |case \w+ = |say\()$", text.before) and re.match(r"[A-Za-z]{2}", template):
        return True
    return text.whole and bool(PROSE.search(template))


def is_part(english: str) -> bool:
    """Whether a literal is no text of its own: a piece of one put together, or places and signs alone."""
    letters = re.sub(r"\{\w+\}|[^A-Za-z]", "", english)
    return len(letters) < 3 or bool(re.match(r"[,;] | [(a-z]", english)) or english.endswith("; ")


def names_of_cases(found_in: str) -> set[str]:
    """Names of enumerations' cases, as words: `inReview` is `in review`."""
    names = set()
    for path in pathlib.Path(found_in).rglob("*.swift"):
        for line in re.findall(r"^ *case ([a-z][^({:.\n]*)$", path.read_text(), re.MULTILINE):
            for part in line.split(","):
                name = part.split("=")[0].strip()
                names.add(re.sub(r"([A-Z])", lambda match: " " + match.group(1).lower(), name))
    return names


def sources() -> list[texts.Text]:
    found = []
    for path in sorted(pathlib.Path("Sources").rglob("*.swift")):
        found += texts.texts(path)
    return found


def column_titles(found: list[texts.Text]) -> set[str]:
    """Titles made of the names of columns, in the code and in the dashboards' queries."""
    names = {text.template for text in found if re.fullmatch(r"[a-z]+(_[a-z]+)*", text.template)}
    for path in pathlib.Path("queries").rglob("*.sql"):
        names |= set(re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", path.read_text()))
    titles = set()
    for name in names:
        title = name.replace("_", " ")
        title = title[:1].upper() + title[1:]
        titles.add(title[:-2] + "ID" if title.endswith(" id") else title)
    return titles


def catalogue(path: pathlib.Path) -> dict[str, dict[str, int]]:
    """The English texts of a language file by section, with their lines. The file is plain: a text a line."""
    sections: dict[str, dict[str, int]] = {}
    section = ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if heading := re.match(r"^([a-z]+):", line):
            section = heading.group(1)
            sections[section] = {}
        elif entry := re.match(r'^\s+"((?:[^"\\]|\\.)*)": "', line):
            english = re.sub(r"\\(.)", r"\1", entry.group(1))
            if english in sections[section] and section != "words":
                print(f"{path}:{number}: '{english}' stands twice")
            sections[section][english] = number
    return sections


def is_instance(english: str, templates: list[str]) -> bool:
    """Whether a text is one that a template of the sources makes."""
    for template in templates:
        pattern = ".*".join(re.escape(piece) for piece in re.split(r"\{\w+\}", template))
        if re.fullmatch(pattern, english, re.DOTALL):
            return True
    return False


def main() -> int:
    findings = []
    found = sources()
    every = {completed(text) for text in found} | {text.template for text in found}
    needed: dict[str, list[tuple[str, str]]] = {"screens": [], "errors": [], "commands": []}
    for text in found:
        place = f"{text.file}:{text.line}"
        english = completed(text)
        if english.strip() in NOT_TEXTS or english in NOT_TEXTS | PIECES or is_part(english):
            continue
        if is_help(text):
            needed["commands"] += [(part, place) for part in english.split("\n\n")]
        elif is_error(text) and PROSE.search(english) and text.whole:
            needed["errors"].append((english, place))
        elif text.file.startswith("Sources/Workstation") and is_screen(text):
            needed["screens"].append((english, place))
    titles = column_titles(found) | names_of_cases("Sources")
    boards = "\n".join(path.read_text() for path in pathlib.Path("queries/dashboards").glob("*.yml"))
    queries = "\n".join(path.read_text() for path in pathlib.Path("queries").rglob("*") if path.suffix in (".sql", ".yml"))
    generic = [text for text in every if len(re.findall(r"[A-Za-z]", re.sub(r"\{\w+\}", "", text))) >= 6 and "{" in text]
    for path in sorted(pathlib.Path("languages").glob("*.yml")):
        known = catalogue(path)
        shared = set().union(*(known.get(name, {}) for name in ("screens", "errors", "cards", "columns", "words")))
        for section, wanted in needed.items():
            held = known.get("commands", {}) if section == "commands" else shared
            for english, place in wanted:
                if english not in held:
                    findings.append(f"{place}: {path} lacks '{english}'")
        for section, entries in known.items():
            for english, number in entries.items():
                if section == "parser" or COMPOSED.search(english) or english in every or english in titles:
                    continue
                if section == "cards" and english in boards:
                    continue
                if section == "words" and (english in queries or english.replace(" ", "_") in every):
                    continue
                if section == "commands" and any(english in text for text in every if "\n\n" in text):
                    continue
                if section == "commands" and english in PARSER_HELP:
                    continue
                if section == "screens" and pathlib.Path("themes").exists() and any(
                    f"title: {english}" in theme.read_text() for theme in pathlib.Path("themes").glob("*.yml")
                ):
                    continue
                if english.replace(" ", "_") in every or is_instance(english, generic):
                    continue
                findings.append(f"{path}:{number}: no text of the program is '{english}'")
    if findings:
        print("\n".join(dict.fromkeys(findings)))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
