#!/usr/bin/env python3
"""The texts for people in the sources, as templates: `\\(x)` becomes `{1}`, joined literals become one, and a choice between
literals becomes a text for each.

usage: texts.py FILE...   prints them, one a line, with file and line
"""
import itertools
import pathlib
import re
import sys
from dataclasses import dataclass, field


@dataclass
class Literal:
    """A string literal: its pieces are texts, and for interpolations the choices of literals in them or None."""

    start: int
    end: int
    line: int
    pieces: list = field(default_factory=list)
    inner: list = field(default_factory=list)
    # The calls it is an argument of, the innermost last.
    calls: tuple = ()


ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "'": "'", "r": "\r", "0": "\0"}


class Scanner:
    """Finds the string literals of a Swift file; literals within interpolations belong to the outer one."""

    def __init__(self, text: str):
        self.text = text

    def literals(self) -> list[Literal]:
        return self.scan(0, len(self.text))

    def scan(self, i: int, end: int, calls: tuple = ()) -> list[Literal]:
        text, found = self.text, []
        stack: list[str] = list(calls)
        while i < end:
            if text[i] in "([{":
                name = re.search(r"([A-Za-z_][A-Za-z0-9_.]*)\s*$", text[max(0, i - 80) : i])
                stack.append(name.group(1) if name and text[i] == "(" else text[i])
            elif text[i] in ")]}" and stack:
                stack.pop()
            if text.startswith("//", i):
                i = text.find("\n", i)
                i = end if i < 0 else i
            elif text.startswith("/*", i):
                i = text.find("*/", i) + 2
            elif text[i] == "/" and i > 0 and text[i - 1] in " (=," and re.match(r"/[^/*\s]", text[i : i + 2]):
                # A regular expression: as a division the sign would stand between blanks.
                close = re.compile(r"[^\n]*?[^\n\\]/").match(text, i + 1)
                i = close.end() if close else i + 1
            elif text[i] == "#" and re.match(r'#+"', text[i:]):
                marks = re.match(r"#+", text[i:]).group()
                i = text.find('"' + marks, i + len(marks) + 1) + len(marks) + 1
            elif text[i] == '"':
                literal = self.literal(i)
                block = len(stack) - stack[::-1].index("{") if "{" in stack else 0
                literal.calls = tuple(stack[block:])
                for inner in literal.inner:
                    inner.calls = literal.calls + inner.calls
                found.append(literal)
                i = literal.end
            else:
                i += 1
        return found

    def literal(self, start: int) -> Literal:
        text = self.text
        is_block = text.startswith('"""', start)
        close = '"""' if is_block else '"'
        i = start + len(close)
        literal = Literal(start, 0, text.count("\n", 0, start) + 1)
        piece = ""
        while not text.startswith(close, i):
            if text[i] != "\\":
                piece += text[i]
                i += 1
                continue
            mark = text[i + 1]
            if mark == "(":
                literal.pieces.append(piece)
                piece = ""
                begin, i = i + 2, self.closing(i + 2)
                inner = self.scan(begin, i)
                literal.inner += inner
                literal.pieces.append(self.choices(begin, i, inner))
                i += 1
            elif mark == "u":
                stop = text.index("}", i)
                piece += chr(int(text[i + 3 : stop], 16))
                i = stop + 1
            elif mark == "\n":
                i += 2
            else:
                piece += ESCAPES.get(mark, mark)
                i += 2
        literal.pieces.append(piece)
        literal.end = i + len(close)
        if is_block:
            literal.pieces = self.unindented(literal.pieces)
        return literal

    @staticmethod
    def unindented(pieces: list) -> list:
        first = pieces[0].lstrip("\n") if isinstance(pieces[0], str) else pieces[0]
        result = [first, *pieces[1:]]
        last = result[-1] if isinstance(result[-1], str) else ""
        indent = re.search(r"\n([ ]*)$", last)
        width = len(indent.group(1)) if indent else 0
        out = []
        for number, piece in enumerate(result):
            if isinstance(piece, str):
                piece = re.sub(r"\n {0,%d}" % width, "\n", piece)
                if number == 0:
                    piece = re.sub(r"^ {0,%d}" % width, "", piece)
                # A line that ends in a backslash goes on: its indent is gone with it.
                piece = re.sub(r" {%d,}" % max(width, 2), " ", piece) if width else piece
            out.append(piece)
        if isinstance(out[-1], str):
            out[-1] = re.sub(r"\n *$", "", out[-1])
        return out

    def closing(self, i: int) -> int:
        """The place of the parenthesis that closes an interpolation."""
        text, depth = self.text, 1
        while True:
            if text[i] == '"':
                i = self.literal(i).end
                continue
            if text[i] == "(":
                depth += 1
            elif text[i] == ")":
                depth -= 1
                if depth == 0:
                    return i
            i += 1

    def choices(self, begin: int, end: int, inner: list[Literal]) -> list[str] | None:
        """The texts of `condition ? "a" : "b"` where both are plain; None: anything."""
        if len(inner) != 2:
            return None
        between = self.text[inner[0].end : inner[1].start].strip()
        after = self.text[inner[1].end : end].strip()
        before = self.text[begin : inner[0].start].rstrip()
        if between != ":" or after or not before.endswith("?"):
            return None
        if any(len(literal.pieces) != 1 for literal in inner):
            return None
        return [literal.pieces[0] for literal in inner]


def joined(text: str, literals: list[Literal]) -> list[list[Literal]]:
    """Literals that stand side by side with nothing but `+` between them, together."""
    groups: list[list[Literal]] = []
    for literal in literals:
        if groups and re.fullmatch(r"\s*\+\s*", text[groups[-1][-1].end : literal.start]):
            groups[-1].append(literal)
        else:
            groups.append([literal])
    return groups


def templates(group: list[Literal]) -> list[str]:
    pieces = [piece for literal in group for piece in literal.pieces]
    options = [[piece] if isinstance(piece, str) else piece or [None] for piece in pieces]
    result = []
    for combination in itertools.product(*options):
        number, out = 0, ""
        for piece in combination:
            if piece is None:
                number += 1
                out += "{%d}" % number
            else:
                out += piece
        if out not in result:
            result.append(out)
    return result


@dataclass
class Text:
    file: str
    line: int
    template: str
    before: str
    after: str
    calls: tuple
    whole: bool


def texts(path: pathlib.Path) -> list[Text]:
    source = path.read_text()
    found = []

    def add(literals: list[Literal], whole: bool = True):
        for group in joined(source, literals):
            start, end = group[0].start, group[-1].end
            for template in templates(group):
                found.append(
                    Text(
                        str(path), group[0].line, template, source[max(0, start - 160) : start], source[end : end + 60],
                        group[0].calls, whole,
                    )
                )
            for literal in group:
                add(literal.inner, False)

    add(Scanner(source).literals())
    return found


def main() -> int:
    for name in sys.argv[1:]:
        for text in texts(pathlib.Path(name)):
            print(f"{text.file}:{text.line}: {text.template!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
