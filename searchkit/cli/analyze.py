"""``searchkit analyze``: which terms a text gives, and why."""

from __future__ import annotations

import click

from searchkit.cli.console import Console
from searchkit.cli.options import TextCommand, format_option, verbosity


@click.command(
    short_help="Show the terms of a text, and why.",
    cls=TextCommand,
    epilog="""\b
Examples:
  searchkit analyze '대규모 언어 모델(LLM)을 양자화했다'
  searchkit analyze GPT-4o의 --format json""",
)
@click.argument("text", nargs=-1, required=True)
@format_option("text", "json", "jsonl")
@verbosity
@click.pass_obj
def command(console: Console, text: tuple[str, ...], *, output: str) -> int:
    """Show the terms of TEXT with their places in it and where they come from; needs no index."""
    from searchkit.search_index import analyze

    whole = " ".join(text)
    terms = analyze(whole)
    if output == "json":
        console.json({"format_version": 1, "text": whole, "terms": [term.to_dict() for term in terms]})
    elif output == "jsonl":
        for term in terms:
            console.json(term.to_dict(), indent=None)
    else:
        from searchkit.cli.render import table
        from searchkit.results.display import printable

        rows = [(f"{term.start}-{term.end}", term.word, term.text, term.kind, term.reason) for term in terms]
        heading = ("place", "word", "term", "kind", "why")
        lines = table([tuple(map(printable, row)) for row in (heading, *rows)])
        console.data("\n".join([console.bold(lines[0]), *lines[1:]]))
    return 0
