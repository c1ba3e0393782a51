"""``searchkit search``: find documents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from searchkit.cli.console import Console
from searchkit.cli.options import TextCommand, format_option, index_option, terms_option, verbosity

if TYPE_CHECKING:
    from searchkit.results.hit import Results


@click.command(
    short_help="Find documents.",
    cls=TextCommand,
    epilog="""\b
Examples:
  searchkit search 확산 모델 이미지 생성
  searchkit search '"확산 모델" -비디오' --since 2023-12 --limit 5
  searchkit search 'title:diffusion OR author:kim' --sort date
  searchkit search 양자화 --format json

\b
Words are combined with OR; whoever has more of them ranks higher.
  "…"  words side by side    -word  without it     AND OR NOT ( )
  title: bullets: author: id: date:[2023-12-01 TO 2023-12-31]    begin*""",
)
@click.argument("query", nargs=-1)
@click.option("--since", metavar="DATE", help="Only documents of this day or later: YYYY[-MM[-DD]].")
@click.option("--until", metavar="DATE", help="Only documents of this day, month or year, or earlier.")
@click.option("--min-votes", type=int, metavar="N", help="Only documents with so many votes.")
@click.option(
    "--author", metavar="NAME", help="Only documents by an author whose name holds all these words."
)
@click.option(
    "--sort",
    type=click.Choice(["relevance", "date", "votes"]),
    default="relevance",
    help="The order of hits; by date and votes every word is required.",
)
@click.option(
    "--any", "match_any", is_flag=True, help="With --sort date or votes, one of the words is enough."
)
@click.option(
    "--limit", type=click.IntRange(min=0), default=10, metavar="N", help="How many hits.  [default: 10]"
)
@click.option("--offset", type=click.IntRange(min=0), default=0, metavar="N", help="Skip so many hits.")
@click.option("--count", is_flag=True, help="Print only how many documents match.")
@click.option("--facets", is_flag=True, help="Count all matches by month and by author.")
@click.option("--explain", is_flag=True, help="Name every factor of each score.")
@click.option("--no-expand", is_flag=True, help="Search only what was typed: no glossary, no synonyms.")
@click.option("--strict", is_flag=True, help="A malformed query is an error.")
@format_option("text", "json", "jsonl")
@index_option
@terms_option
@verbosity
@click.pass_obj
def command(
    console: Console,
    /,
    query: tuple[str, ...],
    *,
    folder: str,
    terms: str | None,
    output: str,
    count: bool,
    explain: bool,
    no_expand: bool,
    limit: int,
    **options: Any,
) -> int:
    """Find the documents that answer QUERY best; without one, list the newest."""
    from searchkit.engines.whoosh.mapped_column import hold_little
    from searchkit.search_index import SearchIndex

    hold_little()
    text = " ".join(query)
    with SearchIndex.open(folder, terms=terms) as index:
        results = index.search(text, limit=0 if count else limit, expand=not no_expand, **options)
        if explain:
            hits = (replace(hit, explanation=index.explain(text, hit.id)) for hit in results)
            results = replace(results, hits=tuple(hits))
        console.detail(f"{folder}: generation {index.generation}, {len(index)} documents")
    _print(results, console, output, count=count)
    for note in results.notes if output != "json" else ():
        console.message(f"note: {note.message}")
    if not results.total:
        console.message("nothing found")
        return 1
    if not count:
        console.message(_summary(results))
    return 0


def _print(results: Results, console: Console, output: str, *, count: bool) -> None:
    from searchkit.cli.render import facets_text, hit_text

    if output == "json":
        console.json(results.to_dict())
    elif count:
        console.data(str(results.total) if output == "text" else f'{{"total": {results.total}}}')
    elif output == "jsonl":
        for hit in results:
            console.json(hit.to_dict(), indent=None)
        if results.facets:
            for line in facets_text(results.facets, console).splitlines():
                console.message(line)
    else:
        if results.hits:
            console.data("\n\n".join(hit_text(hit, console) for hit in results))
        if results.facets and results.total:
            console.data(("\n" if results.hits else "") + facets_text(results.facets, console))


def _summary(results: Results) -> str:
    if not results.hits:
        shown = "none shown"
    elif len(results) == results.total:
        shown = "all shown"
    elif len(results) == 1:
        shown = f"number {results[0].rank} shown"
    else:
        shown = f"{results.hits[0].rank} to {results.hits[-1].rank} shown"
    return f"{results.total:,} found, {shown} ({results.took_ms:.1f} ms)"
