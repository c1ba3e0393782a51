"""``searchkit eval``: how good the answers are, by judgements."""

from __future__ import annotations

import click

from searchkit.cli.console import Console
from searchkit.cli.options import format_option, index_option, verbosity


@click.command(
    short_help="Measure the answers by judgements.",
    epilog="""\b
Examples:
  searchkit eval --queries queries.tsv --qrels qrels.txt
  searchkit eval --queries queries.tsv --qrels qrels.txt --run run.trec --format json""",
)
@click.option(
    "--queries", required=True, metavar="FILE", help="Queries: a line each, an id, a tab and the text."
)
@click.option(
    "--qrels", required=True, metavar="FILE", help="Judgements: lines of query, 0, document and relevance."
)
@click.option("--run", "run_file", metavar="FILE", help="Write the hits there, as trec_eval reads them.")
@click.option("--no-expand", is_flag=True, help="Search without glossary and synonyms.")
@format_option("text", "json")
@index_option
@verbosity
@click.pass_obj
def command(
    console: Console,
    *,
    queries: str,
    qrels: str,
    run_file: str | None,
    no_expand: bool,
    folder: str,
    output: str,
) -> int:
    """Ask queries and compare the 100 best hits of each with judgements.

    The measures are trec_eval's, means over the queries that have judgements: nDCG@10, MRR@10, hit@1
    (trec_eval's success_1) and recall@100. Needs the extra: pip install 'searchkit[eval]'.
    """
    from searchkit.evaluation import evaluate, read_judgements, read_queries, write_run
    from searchkit.search_index import SearchIndex

    asked, judgements = read_queries(queries), read_judgements(qrels)
    with SearchIndex.open(folder) as index:
        found, run = evaluate(index, asked, judgements, expand=not no_expand)
    if run_file is not None:
        write_run(run_file, run)
    if missing := found.queries - found.judged:
        what = "1 query has" if missing == 1 else f"{missing:,} queries have"
        console.message(f"{what} no judgements and stay out of the measures")
    if output == "json":
        console.json(found.to_dict())
        return 0
    from searchkit.cli.render import table

    rows = [
        ("queries", f"{found.queries:,}"),
        ("judged", f"{found.judged:,}"),
        *((measure, f"{value:.4f}") for measure, value in found.measures.items()),
        ("without hits", f"{len(found.without_hits):,}"),
        ("p50", f"{found.percentile(50):.2f} ms"),
        ("p99", f"{found.percentile(99):.2f} ms"),
    ]
    console.data("\n".join(table(rows)))
    return 0
