"""``searchkit similar``: papers like one."""

from __future__ import annotations

import click

from searchkit.cli.console import Console
from searchkit.cli.options import TextCommand, format_option, index_option, verbosity


@click.command(
    short_help="Find papers like one.",
    cls=TextCommand,
    epilog="""\b
Examples:
  searchkit similar 2023-12-08/2312.04461
  searchkit similar 2023-12-08/2312.04461 --limit 3 --format json""",
)
@click.argument("document_id", metavar="ID")
@click.option("--limit", type=click.IntRange(min=0), default=10, metavar="N", help="How many.  [default: 10]")
@format_option("text", "json", "jsonl")
@index_option
@verbosity
@click.pass_obj
def command(console: Console, document_id: str, *, limit: int, folder: str, output: str) -> int:
    """Find documents that share the best terms of the one with this ID; hits name theirs."""
    from searchkit.engines.whoosh.mapped_column import hold_little
    from searchkit.search_index import SearchIndex

    hold_little()
    with SearchIndex.open(folder) as index:
        results = index.similar(document_id, limit=limit)
    if output == "json":
        console.json(results.to_dict())
    elif output == "jsonl":
        for hit in results:
            console.json(hit.to_dict(), indent=None)
    elif results.hits:
        from searchkit.cli.render import hit_text

        console.data("\n\n".join(hit_text(hit, console) for hit in results))
    for note in results.notes if output != "json" else ():
        console.message(f"note: {note.message}")
    if not results.total:
        console.message("nothing found")
    return 0 if results.total else 1
