"""The command ``searchkit`` and its subcommands, each loaded when it is called."""

from __future__ import annotations

import importlib
from typing import Any

import click

from searchkit._version import __version__
from searchkit.cli.options import verbosity

COMPLETION_VARIABLE = "_SEARCHKIT_COMPLETE"
COMMANDS = (
    "index",
    "search",
    "suggest",
    "show",
    "similar",
    "analyze",
    "dict",
    "glossary",
    "stats",
    "eval",
    "verify",
    "repair",
    "backup",
    "restore",
    "copy",
    "completion",
)


class LazyGroup(click.Group):
    """A group whose commands are modules of this package; each has a ``command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of a beginner's needs."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        module: Any = importlib.import_module(f"searchkit.cli.{cmd_name}")
        command: click.Command = module.command
        return command


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Example:
  searchkit index seeds/
  searchkit search 확산 모델 이미지 생성""",
)
@click.version_option(__version__, message="searchkit %(version)s")
@verbosity
def app() -> None:
    """Search Korean notes and paper digests full of English."""
