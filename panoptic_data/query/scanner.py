"""Reading a query letter by letter: spaces, signs, quotes, patterns, bare words.

Here: the position in the text and what stands there. Not here: how terms, parentheses and OR go
together (``parser``), what a value means (``terms``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from panoptic_data.query.terms.term import Problem, Span, TermValue

__all__ = ["OR", "Scanner"]

OR = re.compile(r"\||(?:OR|OU)(?=[\s()|]|$)")
_SPACE = re.compile(r"\s*")
_AND = re.compile(r"(?:AND|ET)(?=[\s()|]|$)")
_PATTERN = re.compile(r"/((?:[^\\/]|\\.)+)/(?=[\s),|]|$)", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)("?)', re.DOTALL)
# A rectangle has commas of its own.
_CROP = re.compile(r"(?:\w+:)?[0-9a-fA-F]+@[0-9.]+(?:,[0-9.]+){3}(?=[\s),|]|$)")
_ESCAPED = re.compile(r'\\(["\\])')
_ESCAPED_SLASH = re.compile(r"\\.", re.DOTALL)


@dataclass
class Scanner:
    """A text and the position up to which it is read. Problems are noted, never raised."""

    text: str
    position: int = 0
    problems: list[Problem] = field(default_factory=list)

    def report(self, key: str, span: Span) -> None:
        """Note what was not understood."""
        self.problems.append(Problem(key, {}, span))

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what a pattern matches here, if it does."""
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()
        return match

    def take(self, letter: str) -> bool:
        """Read one letter if it is here; say whether it was."""
        if not self.text.startswith(letter, self.position):
            return False
        self.position += 1
        return True

    def skip_spaces(self) -> None:
        """Go to what follows the spaces."""
        self.match(_SPACE)

    def go_to_next(self) -> bool:
        """Go over spaces and AND; say whether anything follows."""
        self.skip_spaces()
        while self.match(_AND):
            self.skip_spaces()
        return self.position < len(self.text)

    def is_at_term(self) -> bool:
        """Go over spaces and AND; say whether a term or a parenthesis begins here."""
        if not self.go_to_next() or self.text[self.position] == ")":
            return False
        return not OR.match(self.text, self.position)

    def read_quoted(self) -> str:
        """Read a text in quotes, in which a backslash goes before a quote or a backslash."""
        start = self.position
        match = _QUOTED.match(self.text, start)
        body = match[1] if match else ""
        if match is None or not match[2]:
            self.report("quote", (start, start + 1))
            body = self.text[start + 1 :]
        self.position = start + 2 + len(body) if match and match[2] else len(self.text)
        return _ESCAPED.sub(r"\1", body)

    def read_bare(self, stops: str, *, skip_quotes: bool = False) -> str:
        """Read up to a space, "|", one of ``stops`` or a parenthesis that was not opened here.

        With ``skip_quotes`` none of these counts between quotes.
        """
        start, depth = self.position, 0
        while self.position < len(self.text):
            letter = self.text[self.position]
            if skip_quotes and letter == '"':
                self.read_quoted()
                continue
            if letter.isspace() or letter == "|":
                break
            if not depth and letter in f"){stops}":
                break
            depth += (letter == "(") - (letter == ")")
            self.position += 1
        return self.text[start : self.position]

    def read_word(self) -> str:
        """Read one word, or several in quotes."""
        is_quoted = self.text.startswith('"', self.position)
        return self.read_quoted() if is_quoted else self.read_bare("")

    def read_value(self, stops: str) -> TermValue | None:
        """Read one value, up to one of ``stops``; None where there is none."""
        start = self.position
        is_quoted = self.text.startswith('"', start)
        text = self.read_quoted() if is_quoted else self.read_bare(stops)
        if not text and not is_quoted:
            return None
        return TermValue(text, "quoted" if is_quoted else "bare", (start, self.position))

    def read_name(self, stops: str) -> TermValue | None:
        """Read one value of ``sort:`` or ``group:``, in which quotes stand around a name only."""
        start = self.position
        text = self.read_bare(stops, skip_quotes=True)
        return TermValue(text, "bare", (start, self.position)) if text else None

    def read_text_value(self, stops: str) -> TermValue | None:
        """Read one value that may be ``/a pattern/`` or a prefix, ``abc*``."""
        start = self.position
        if match := self.match(_PATTERN):
            pattern = _ESCAPED_SLASH.sub(
                lambda pair: "/" if pair[0] == r"\/" else pair[0], match[1]
            )
            return TermValue(pattern, "pattern", (start, self.position))
        value = self.read_value(stops)
        if value is None:
            return None
        if value.kind == "quoted" and self.take("*"):
            return replace(value, kind="prefix", span=(start, self.position))
        if value.kind == "bare" and value.text.endswith("*") and len(value.text) > 1:
            return replace(value, text=value.text[:-1], kind="prefix")
        return value

    def read_search(self, stops: str) -> TermValue | None:
        """Read one value of ``like:``, with the limits that follow a tilde."""
        value = self.read_value(stops)
        if value is None:
            return None
        if value.kind == "bare":
            text, tilde, limits = value.text.partition("~")
            return replace(value, text=text, limits=limits if tilde else None)
        if not self.take("~"):
            return value
        limits = self.read_bare(stops)
        return replace(value, limits=limits, span=(value.span[0], self.position))

    def read_picture(self, stops: str) -> TermValue | None:
        """Read one value of ``part-of:``: an image, or a rectangle on one."""
        start = self.position
        if match := self.match(_CROP):
            return TermValue(match[0], "bare", (start, self.position))
        return self.read_value(stops)

    def read_values(
        self, read: Callable[[str], TermValue | None], separators: str = ","
    ) -> tuple[TermValue, ...]:
        """Read values with separators between them, each with ``read``."""
        values = []
        while True:
            value = read(separators)
            separator = next((letter for letter in separators if self.take(letter)), None)
            if value is not None:
                values.append(replace(value, joins_next=separator == "+"))
            if separator is None:
                return tuple(values)
