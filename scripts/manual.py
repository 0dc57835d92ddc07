#!/usr/bin/env python3
"""Writes the man pages and docs/commands.md from what the program itself says of its commands.

usage: manual.py PROGRAM man FOLDER        one page for riskdeck and one for each command, mdoc(7)
       manual.py PROGRAM markdown FILE     the same as one page of Markdown
       manual.py PROGRAM check FILE        ends with 1 where FILE is not what markdown would write
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import time

EXIT_CODES = [
    ("0", "done"), ("1", "a run, test or check failed"), ("64", "wrong usage"), ("69", "no database"),
    ("75", "another run is at work"), ("77", "not allowed"), ("78", "wrong configuration"),
]
ENVIRONMENT = [
    ("RISKDECK_DATABASE_URL", "the database instead of the embedded one; --database comes before it"),
    ("RISKDECK_DATA_DIR", "where the embedded database and the keys live"),
    ("RISKDECK_PROJECT_DIR", "the folder that holds queries/ and themes/"),
    ("RISKDECK_ROLE", "act as this role alone"),
    ("RISKDECK_SOURCE", "what run reads where no source is named"),
    ("ENABLE_PII_MASKING", "false keeps clear personal data apart for one role as well"),
    ("MASKING_SALT", "the key behind the hashes of personal data"),
]
# Every command takes these two; they stand once, on the page of the program.
EVERYWHERE = {"version", "help"}


def commands(program: str) -> dict:
    text = subprocess.run([program, "--experimental-dump-help"], check=True, capture_output=True, text=True).stdout
    return json.loads(text)["command"]


def shown(command: dict) -> list[dict]:
    return [child for child in command.get("subcommands", [])
            if child.get("shouldDisplay", True) and child["commandName"] != "help"]


def arguments(command: dict) -> list[dict]:
    return [argument for argument in command.get("arguments", [])
            if argument.get("shouldDisplay", True)
            and not EVERYWHERE & {name["name"] for name in argument.get("names", [])}]


def spelled(argument: dict) -> list[str]:
    return [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument.get("names", [])]


def default(argument: dict) -> str:
    value = argument.get("defaultValue", "")
    # The number of processors of the machine that writes the page is nobody else's default.
    return "the number of processors" if argument.get("valueName") == "threads" and value else value


def sentence(argument: dict) -> str:
    text = " ".join(argument.get("abstract", "").split())
    notes = []
    values = argument.get("allValues")
    if values:
        notes.append("one of " + ", ".join(values))
    if default(argument) and argument["kind"] != "flag":
        notes.append("default: " + default(argument))
    if argument.get("isRepeating"):
        notes.append("may be repeated")
    return text + (" (" + "; ".join(notes) + ")" if notes else "")


def usage(command: dict) -> list[tuple[str, str, bool]]:
    """The words after the command's name: (kind, text, optional)."""
    words = []
    for argument in arguments(command):
        if argument["kind"] == "positional":
            words.append(("value", argument["valueName"], argument["isOptional"]))
        elif argument["kind"] == "option" and not argument["isOptional"]:
            words.append(("option", spelled(argument)[0] + " " + argument["valueName"], False))
    return words


# mdoc

def escaped(text: str) -> str:
    text = text.replace("\\", "\\e").replace("()", "\\&()")
    return "\\&" + text if text[:1] in (".", "'") else text


def prose(text: str) -> list[str]:
    """A sentence a line, and nothing at the start of a line that roff would take for a request."""
    lines = []
    for paragraph in text.split("\n\n"):
        if lines:
            lines.append(".Pp")
        for part in re.split(r"(?<=[.;?!]) +(?=[A-Z])", " ".join(paragraph.split())):
            lines += [escaped(line) for line in textwrap.wrap(part, 76, break_long_words=False, break_on_hyphens=False)]
    return lines


def argument_lines(command: dict) -> list[str]:
    listed = arguments(command)
    if not listed:
        return []
    lines = [".Bl -tag -width Ds"]
    for argument in listed:
        if argument["kind"] == "positional":
            lines.append(f".It Ar {argument['valueName']}")
        else:
            names = " , ".join("Fl " + name[1:].replace("-", "\\-") for name in spelled(argument))
            value = f" Ar {argument['valueName']}" if argument["kind"] == "option" else ""
            lines.append(f".It {names}{value}")
        lines += prose(sentence(argument)) if sentence(argument) else []
    return lines + [".El"]


def synopsis(path: list[str], command: dict) -> str:
    parts = [" ".join([".Nm", *path[1:]])]
    if arguments(command):
        parts.append(".Op Ar options")
    for kind, text, optional in usage(command):
        parts.append((".Op Ar " if optional else ".Ar ") + text.replace("-", "\\-"))
    return "\n".join(parts)


def header(title: str, date: str, name: str, abstract: str) -> list[str]:
    return [f'.Dd {date}', f".Dt {title.upper()} 1", ".Os", ".Sh NAME", f".Nm {name}",
            ".Nd " + abstract.rstrip(".").replace("\n", " ")]


def footer(see: list[str]) -> list[str]:
    lines = [".Sh EXIT STATUS", ".Bl -tag -width Ds -compact"]
    for code, meaning in EXIT_CODES:
        lines += [f".It {code}", meaning]
    lines += [".El", ".Sh SEE ALSO"]
    return lines + [f".Xr {name} 1" + ("" if name == see[-1] else " ,") for name in see]


def child_lines(path: list[str], command: dict) -> list[str]:
    lines = []
    for child in shown(command):
        child_path = [*path, child["commandName"]]
        lines += [".Ss " + " ".join(child_path[1:])]
        lines += prose(child.get("abstract", "")) + ([".Pp"] + prose(child["discussion"]) if child.get("discussion") else [])
        if usage(child):
            words = [("[" + text + "]" if optional else text) for _, text, optional in usage(child)]
            lines += [".Pp", ".Dl " + " ".join([*child_path, *words]).replace("-", "\\-")]
        lines += argument_lines(child) + child_lines(child_path, child)
    return lines


def write_man(root: dict, folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    moment = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    date = time.strftime("%B ", moment) + str(moment.tm_mday) + time.strftime(", %Y", moment)
    names = sorted("riskdeck-" + command["commandName"] for command in shown(root))
    lines = header("riskdeck", date, "riskdeck", root["abstract"])
    lines += [".Sh SYNOPSIS", ".Nm", ".Op Ar command", ".Op Ar options", ".Sh DESCRIPTION"]
    discussion = root.get("discussion", "").split("\n\nExit codes")[0]
    lines += prose(discussion) + [".Pp", "The commands are:", ".Bl -tag -width Ds"]
    for command in shown(root):
        lines += [f".It Xr riskdeck-{command['commandName']} 1"] + prose(command.get("abstract", ""))
    lines += [".El", ".Pp", "Every command takes:", ".Bl -tag -width Ds", ".It Fl h , Fl \\-help", "Show help.",
              ".It Fl \\-version", "Show the version.", ".El", ".Sh ENVIRONMENT", ".Bl -tag -width Ds"]
    for name, meaning in ENVIRONMENT:
        lines += [f".It Ev {name}", escaped(meaning)]
    lines += [".El", ".Pp", "The same names may stand in a file", ".Pa .env", "of the working folder.",
              ".Sh FILES", ".Bl -tag -width Ds", ".It Pa ~/.local/share/riskdeck", "the embedded database and the keys",
              ".It Pa queries", "models, tests, dashboards, saved queries and the ruleset",
              ".It Pa themes", "colours", ".El"]
    (folder / "riskdeck.1").write_text("\n".join(lines + footer(sorted([*names, "psql"]))) + "\n")
    for command in shown(root):
        name = "riskdeck-" + command["commandName"]
        path = ["riskdeck", command["commandName"]]
        lines = header(name, date, name, command.get("abstract", ""))
        lines += [".Sh SYNOPSIS", ".Nm riskdeck " + command["commandName"]]
        if shown(command):
            lines.append(".Ar command")
        lines += synopsis(path, command).split("\n")[1:]
        lines.append(".Sh DESCRIPTION")
        lines += prose(command.get("abstract", ""))
        if command.get("discussion"):
            lines += [".Pp"] + prose(command["discussion"])
        if arguments(command):
            lines += [".Pp", "The options are:"] + argument_lines(command)
        if shown(command):
            lines += child_lines(path, command)
        (folder / f"{name}.1").write_text("\n".join(lines + footer(["riskdeck"])) + "\n")


# Markdown

def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def markdown_command(path: list[str], command: dict, level: int) -> list[str]:
    words = [("[" + text + "]" if optional else text) for _, text, optional in usage(command)]
    lines = ["#" * level + " " + " ".join(path), "", cell(command.get("abstract", ""))]
    if command.get("discussion"):
        lines += ["", cell(command["discussion"])]
    if words:
        lines += ["", "`" + " ".join([*path, *words]) + "`"]
    if arguments(command):
        lines += ["", "| option | what it is |", "|---|---|"]
        for argument in arguments(command):
            value = " " + argument["valueName"] if argument["kind"] == "option" else ""
            name = ", ".join(spelled(argument)) + value if argument["kind"] != "positional" else argument["valueName"]
            lines.append(f"| `{name}` | {cell(sentence(argument))} |")
    lines.append("")
    for child in shown(command):
        lines += markdown_command([*path, child["commandName"]], child, level + 1)
    return lines


def markdown(root: dict) -> str:
    lines = ["# Commands", "", "Written by `make man` from what the program says of itself; do not edit.", "",
             "| exit code | meaning |", "|---|---|"]
    lines += [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES] + [""]
    for command in shown(root):
        lines += markdown_command(["riskdeck", command["commandName"]], command, 2)
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    if len(sys.argv) != 4 or sys.argv[2] not in ("man", "markdown", "check"):
        print(__doc__, file=sys.stderr)
        return 64
    root = commands(sys.argv[1])
    target = pathlib.Path(sys.argv[3])
    if sys.argv[2] == "man":
        write_man(root, target)
    elif sys.argv[2] == "markdown":
        target.write_text(markdown(root))
    elif target.read_text() != markdown(root):
        print(f"{target} is not what the program says of its commands; make man writes it anew")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
