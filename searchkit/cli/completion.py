"""``searchkit completion``: completion for shells."""

from __future__ import annotations

import click

from searchkit.cli.console import Console
from searchkit.cli.options import verbosity


@click.command(
    short_help="Print completion for a shell.",
    epilog="""\b
Examples:
  eval "$(searchkit completion bash)"            in ~/.bashrc
  eval "$(searchkit completion zsh)"             in ~/.zshrc
  searchkit completion fish > ~/.config/fish/completions/searchkit.fish""",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@verbosity
@click.pass_obj
def command(console: Console, shell: str) -> int:
    """Print the script that lets SHELL complete commands and options."""
    from click.shell_completion import get_completion_class

    from searchkit.cli.app import COMPLETION_VARIABLE, app

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"{shell} is not supported")
    console.data(kind(app, {}, "searchkit", COMPLETION_VARIABLE).source())
    return 0
