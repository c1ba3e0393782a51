"""Where output goes: data to stdout, all else to stderr, in UTF-8 whatever the locale."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import sys
from typing import Any, TextIO

from searchkit.results.display import printable

_MAX_WIDTH = 100
_BOLD = "\x1b[1m"
_MATCH = "\x1b[1;31m"
_FAINT = "\x1b[2m"
_PLAIN = "\x1b[0m"
# What json.dumps leaves as it is although a terminal may obey it; these stand in strings only.
_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class OutputError(Exception):
    """Stdout can't be written to, for another reason than that nobody reads it."""


class Console:
    """The two streams of the process, and how much may be said on them."""

    def __init__(self) -> None:
        self.out = _utf8(sys.stdout)
        self.err = _utf8(sys.stderr)
        self.quiet = False
        self.verbose = False
        self.colour = _is_terminal(self.out) and not os.environ.get("NO_COLOR") and _can_colour()

    @property
    def shows_progress(self) -> bool:
        """Whether progress bars would be seen and are wanted."""
        return _is_terminal(self.err) and not self.quiet

    @property
    def width(self) -> int:
        """The columns to fill with text."""
        return max(20, min(shutil.get_terminal_size((80, 24)).columns, _MAX_WIDTH))

    def data(self, text: str) -> None:
        """Write lines of data; what comes from documents must be safe to print already."""
        try:
            self.out.write(text + "\n")
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(error.strerror or str(error)) from error

    def flush(self) -> None:
        """Make sure that all data has been written."""
        try:
            self.out.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(error.strerror or str(error)) from error

    def json(self, values: Any, *, indent: int | None = 2) -> None:
        """Write ``values`` as JSON, Hangul as it is, without what could steer a terminal."""
        try:
            text = json.dumps(values, ensure_ascii=False, indent=indent, allow_nan=False)
        except ValueError:
            text = json.dumps(_finite(values), ensure_ascii=False, indent=indent, allow_nan=False)
        self.data(_STEERING.sub(lambda match: f"\\u{ord(match.group()):04x}", text))

    def message(self, text: str) -> None:
        """Say something on stderr, unless it should be quiet."""
        if not self.quiet:
            self.report(text)

    def detail(self, text: str) -> None:
        """Say something on stderr that only those who asked for more want to know."""
        if self.verbose:
            self.message(text)

    def report(self, text: str) -> None:
        """Say something on stderr on one line, even if it should be quiet."""
        self.flush()
        self.err.write(printable(text) + "\n")

    def fail(self, text: str) -> None:
        """Report an error."""
        self.report(f"searchkit: {text}")

    def bold(self, text: str) -> str:
        """Return a headline."""
        return f"{_BOLD}{text}{_PLAIN}" if self.colour else text

    def match(self, text: str) -> str:
        """Return what matches the query."""
        return f"{_MATCH}{text}{_PLAIN}" if self.colour else text

    def faint(self, text: str) -> str:
        """Return what matters less."""
        return f"{_FAINT}{text}{_PLAIN}" if self.colour else text


def _utf8(stream: TextIO | None) -> TextIO:
    if stream is None:
        # The process was started with the stream closed.
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="backslashreplace")
    return stream


def _is_terminal(stream: TextIO) -> bool:
    return bool(stream.isatty())


def _can_colour() -> bool:
    return os.environ.get("TERM", "") not in ("", "dumb")


def _finite(values: Any) -> Any:
    """Return ``values`` with null for the numbers that JSON can't hold."""
    if isinstance(values, float):
        return values if math.isfinite(values) else None
    if isinstance(values, dict):
        return {key: _finite(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [_finite(value) for value in values]
    return values
