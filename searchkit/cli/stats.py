"""``searchkit stats``: what is in an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from searchkit.cli.console import Console
from searchkit.cli.options import format_option, index_option, verbosity
from searchkit.results.display import printable


@click.command(
    short_help="Show what is in the index.",
    epilog="""\b
Examples:
  searchkit stats
  searchkit stats --index ~/my-index --format json""",
)
@format_option("text", "json")
@index_option
@verbosity
@click.pass_obj
def command(console: Console, *, folder: str, output: str) -> int:
    """Show counts, dates, the size of each part on disk, and what built the index."""
    from searchkit.search_index import SearchIndex

    with SearchIndex.open(folder) as index:
        values = index.stats()
    if output == "json":
        console.json(values)
    else:
        from searchkit.cli.render import table

        console.data("\n".join(table(list(_rows(values)))))
    return 0


def _rows(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = key.replace("_", " ")
        if isinstance(value, Mapping):
            yield from ((f"{name}: {inner}".replace("_", " "), _shown(part)) for inner, part in value.items())
        elif key != "format_version":
            yield name, _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_shown(part)} {name.replace('_', ' ')}" for name, part in value.items())
    if value is None:
        return "none"
    return f"{value:,}" if isinstance(value, (int, float)) else printable(str(value))
