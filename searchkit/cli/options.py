"""Options that several commands have, and how arguments that begin with a dash are read."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from searchkit.cli.console import Console

DEFAULT_INDEX = "index"
_F = TypeVar("_F", bound=Callable[..., Any])


def verbosity(function: _F) -> _F:
    """Add ``-q`` and ``-v``, which act on the console."""
    for names, attribute, text in (
        (("-v", "--verbose"), "verbose", "Say more, on stderr; show tracebacks of errors."),
        (("-q", "--quiet"), "quiet", "Say nothing but errors and bad input on stderr; no progress bars."),
    ):

        def note(ctx: click.Context, _: click.Parameter, value: bool, attribute: str = attribute) -> None:
            if value and isinstance(ctx.obj, Console):
                setattr(ctx.obj, attribute, True)

        function = click.option(*names, is_flag=True, expose_value=False, callback=note, help=text)(function)
    return function


def index_option(function: _F) -> _F:
    """Add ``--index``."""
    return click.option(
        "--index",
        "folder",
        metavar="INDEX",
        envvar="SEARCHKIT_INDEX",
        default=DEFAULT_INDEX,
        help="A folder, or opensearch://HOST:PORT/NAME.  [SEARCHKIT_INDEX; else index/]",
    )(function)


def terms_option(function: _F) -> _F:
    """Add ``--terms``."""
    return click.option(
        "--terms",
        metavar="DIR",
        envvar="SEARCHKIT_TERMS",
        help="The folder of dictionary.txt, synonyms.txt and glossary.txt.  "
        "[SEARCHKIT_TERMS; else terms/ beside the index]",
    )(function)


def format_option(*formats: str) -> Callable[[_F], _F]:
    """Add ``--format``; the first of ``formats`` is the default."""
    return click.option(
        "--format",
        "output",
        type=click.Choice(formats),
        default=formats[0],
        help="How to print it.  [default: text]",
    )


class TextCommand(click.Command):
    """A command whose arguments are text: one that begins with a single dash and is no option of its own is text, too.

    Long options that it doesn't know (``--xyz``) are errors. Behind ``--`` all is text.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the options first and the text behind ``--``, then parse as usual."""
        options: list[str] = []
        words: list[str] = []
        takes_value = {
            name: not (isinstance(parameter, click.Option) and (parameter.is_flag or parameter.count))
            for parameter in self.get_params(ctx)
            if isinstance(parameter, click.Option)
            for name in (*parameter.opts, *parameter.secondary_opts)
        }
        rest = iter(args)
        for argument in rest:
            if argument == "--":
                words.extend(rest)
            elif argument.startswith("--"):
                options.append(argument)
                if takes_value.get(argument):
                    options.extend(value for value in (next(rest, None),) if value is not None)
            elif argument in takes_value or _all_flags(argument, takes_value):
                options.append(argument)
            else:
                words.append(argument)
        return super().parse_args(ctx, [*options, "--", *map(as_typed, words)])


def _all_flags(argument: str, takes_value: dict[str, bool]) -> bool:
    """Say whether ``argument`` is several short flags in one: ``-qv``."""
    return (
        len(argument) > 2 and argument[0] == "-" and all(f"-{char}" in takes_value for char in argument[1:])
    )


def as_typed(argument: str) -> str:
    """Return an argument of the process as the UTF-8 that it was typed in, if the locale read it as something else."""
    if argument.isascii():
        return argument
    try:
        return os.fsencode(argument).decode("utf-8")
    except UnicodeError:
        return argument
