"""``searchkit glossary``: which names mean the same, and who says so."""

from __future__ import annotations

import click

from searchkit.cli.console import Console
from searchkit.cli.options import TextCommand, format_option, index_option, verbosity


@click.command(
    short_help="Show names of one thing, and where they come from.",
    cls=TextCommand,
    epilog="""\b
Examples:
  searchkit glossary 강화 학습
  searchkit glossary RL --format json
  searchkit glossary --limit 20""",
)
@click.argument("term", nargs=-1)
@click.option("--limit", type=click.IntRange(min=0), default=50, metavar="N", help="How many.  [default: 50]")
@format_option("text", "json", "jsonl")
@index_option
@verbosity
@click.pass_obj
def command(console: Console, term: tuple[str, ...], *, folder: str, output: str, limit: int) -> int:
    """Show the other names of TERM, or all pairs of names, those that most documents give first.

    They come from the documents, where one says 강화 학습(Reinforcement Learning, RL), and from glossary.txt among your
    terms. A search for one name finds the others as well, unless --no-expand is given.
    """
    from searchkit.search_index import SearchIndex

    whole = " ".join(term)
    with SearchIndex.open(folder) as index:
        entries = index.glossary(whole, limit=limit)
    if output == "json":
        values = {"format_version": 1, "term": whole, "pairs": [entry.to_dict() for entry in entries]}
        console.json(values)
    elif output == "jsonl":
        for entry in entries:
            console.json(entry.to_dict(), indent=None)
    elif entries:
        from searchkit.cli.render import table
        from searchkit.results.display import printable

        rows = [
            (
                entry.name,
                entry.other,
                str(entry.documents),
                ", ".join((*(("glossary.txt",) if entry.user else ()), *entry.places)),
            )
            for entry in entries
        ]
        heading = ("name", "other name", "documents", "where")
        lines = table([tuple(map(printable, row)) for row in (heading, *rows)])
        console.data("\n".join([console.bold(lines[0]), *lines[1:]]))
    if not entries:
        console.message(f"no other names of {whole} in {folder}" if whole else f"no names in {folder}")
        return 1
    return 0
