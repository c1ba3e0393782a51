"""``searchkit show``: all of one document."""

from __future__ import annotations

import click

from searchkit.cli.console import Console
from searchkit.cli.options import TextCommand, format_option, index_option, verbosity


@click.command(
    short_help="Show one document.",
    cls=TextCommand,
    epilog="""\b
Examples:
  searchkit show 2023-12-08/2312.04461
  searchkit show 2023-12-08/2312.04461 --format json""",
)
@click.argument("document_id", metavar="ID")
@format_option("text", "json", "jsonl")
@index_option
@verbosity
@click.pass_obj
def command(console: Console, document_id: str, *, folder: str, output: str) -> int:
    """Show the document with this ID; hits name theirs."""
    from searchkit.search_index import SearchIndex

    with SearchIndex.open(folder) as index:
        document = index.get(document_id)
    if document is None:
        console.message(f"there is no document {document_id} in {folder}")
        return 1
    if output == "text":
        from searchkit.cli.render import document_text

        console.data(document_text(document, console))
    else:
        values = {"format_version": 1, **document.as_dict()}
        console.json(values, indent=2 if output == "json" else None)
    return 0
