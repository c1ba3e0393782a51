"""Rankings side by side on the same queries and judgements: `make eval`.

    python -m bench.evaluation                     prints the table and writes EVAL.md

Collections: the questions of ``../shared/eval/korquad``, and from ``../shared/corpus`` known items (see `known_items`)
and Korean topics judged by English titles (see `topics`), where they stand beside the checkout. Peers rank with BM25,
k1 = 0.9 and b = 0.4, the terms of a query joined by OR. A peer that can't run here is a row that says why.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.environment import BENCH, Environment, build_lucene
from bench.known_items import known_items
from bench.prepare import clean, documents
from bench.process import ROOT, ProgramFailedError, run
from bench.topics import TOPICS, Topic, Without, read, use_glossary
from searchkit import Document, SearchIndex
from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.evaluation import DEPTH, Judgements, evaluate, falling, judge, read_judgements, read_queries

SHARED = ROOT.parent / "shared"
K1, B = 0.9, 0.4
KNOWN_ITEMS = 300
KNOWN_ITEM_SEEDS = (1, 2, 3, 4)
SEED = 20_240_402
SHUFFLES = 10_000
MEASURES = ("nDCG@10", "MRR@10", "hit@1")
_HANGUL = re.compile("[가-힣]")
_CONTENT = ("N", "V", "SL", "SN", "SH", "XR", "XPN", "XSN", "MM", "MA", "IC")

ByQuery = dict[str, dict[str, float]]


@dataclass
class Collection:
    """Documents, queries and judgements; the topics by query where these are topics."""

    title: str
    documents: list[Document]
    queries: dict[str, str]
    judgements: Judgements
    topics: dict[str, Topic] = field(default_factory=dict)


def collections() -> Iterator[Collection | str]:
    """Yield what can be measured here, and of the rest why it can't."""
    folder = SHARED / "eval" / "korquad"
    if folder.is_dir():
        yield Collection(
            "KorQuAD, half of the development set: a question, its paragraph",
            list(documents(folder / "documents.jsonl")),
            read_queries(folder / "queries.tsv"),
            read_judgements(folder / "qrels.txt"),
        )
    else:
        yield f"KorQuAD: {folder} isn't there"
    folder = SHARED / "corpus" / "2024"
    if folder.is_dir():
        papers = list(documents(folder))
        analyzer = WordAnalyzer()
        items = [
            item
            for seed in KNOWN_ITEM_SEEDS
            for item in known_items(
                papers, lambda key: analyzer.analyze([key])[0], count=KNOWN_ITEMS, seed=seed
            )
        ]
        yield Collection(
            "Known items: retyped stretches of bullets, the paper that holds them",
            papers,
            {str(number): text for number, (text, _) in enumerate(items)},
            {str(number): {name: 1} for number, (_, name) in enumerate(items)},
        )
        topics = {str(number): topic for number, topic in enumerate(read(TOPICS))}
        yield Collection(
            "Topics: a Korean term, the papers with its English name in the title",
            papers,
            {number: topic.korean for number, topic in topics.items()},
            {number: dict.fromkeys(topic.relevant, 1) for number, topic in topics.items()},
            topics,
        )
    else:
        yield f"Known items and topics: {folder} isn't there"


def ours(collection: Collection, *, expand: bool = True) -> ByQuery:
    """Rank with searchkit as it is."""
    with tempfile.TemporaryDirectory() as folder, SearchIndex.build(collection.documents, folder) as index:
        return evaluate(index, collection.queries, collection.judgements, expand=expand)[0].by_query


def without_own_pairs(collection: Collection) -> ByQuery:
    """Rank with searchkit, each topic with a glossary that lacks its own pair."""
    found: ByQuery = {}
    with tempfile.TemporaryDirectory() as folder, SearchIndex.build(collection.documents, folder) as index:
        snapshot = index._current().snapshot
        glossary = snapshot.glossary
        for name, topic in collection.topics.items():
            use_glossary(snapshot, Without(glossary, topic))
            judged = {name: collection.judgements[name]}
            found |= evaluate(index, {name: topic.korean}, judged)[0].by_query
    return found


def nori(environment: Environment, collection: Collection) -> ByQuery:
    """Rank with Lucene: titles with StandardAnalyzer, texts with nori."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = ("\t".join((each.id, *_columns(each))) for each in collection.documents)
        (folder / "documents.tsv").write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
        asked = "".join(f"{clean(text)}\t\n" for text in collection.queries.values())
        (folder / "queries.tsv").write_text(asked, encoding="utf-8")
        (folder / "warmup.tsv").write_text("", encoding="utf-8")
        run(environment.lucene("build", "nori", folder / "documents.tsv", folder / "index"))
        files = (folder / "warmup.tsv", folder / "queries.tsv", folder / "out.tsv")
        run(environment.lucene("query", "text", folder / "index", *files))
        lines = (folder / "out.tsv").read_text(encoding="utf-8").splitlines()
    found = {
        query: falling([(hit, 1000.0 - rank) for rank, hit in enumerate(line.split("\t")[1].split())])
        for query, line in zip(collection.queries, lines, strict=True)
    }
    return judge(found, collection.judgements)


def _columns(document: Document) -> list[str]:
    """Return title and texts for Lucene; a Korean title is a text, for the title's analyzer knows no Korean."""
    texts = [document.title, *document.bullets]
    return [clean(text) for text in (["", *texts] if _HANGUL.search(document.title) else texts)]


def bm25(terms_of: Callable[[Sequence[str]], list[list[str]]], collection: Collection) -> ByQuery:
    """Rank with BM25 over the terms of title and text together; ``terms_of`` cuts texts."""
    texts = [" \n ".join((document.title, *document.bullets)) for document in collection.documents]
    counts = [Counter(terms) for terms in terms_of(texts)]
    lengths = np.array([sum(each.values()) for each in counts], np.float64)
    norms = K1 * (1 - B + B * lengths / lengths.mean())
    postings: dict[str, tuple[list[int], list[int]]] = {}
    for number, each in enumerate(counts):
        for term, count in each.items():
            docs, frequencies = postings.setdefault(term, ([], []))
            docs.append(number)
            frequencies.append(count)
    ids = np.array([document.id for document in collection.documents])
    found = {}
    for query, terms in zip(collection.queries, terms_of(list(collection.queries.values())), strict=True):
        scores = np.zeros(len(counts))
        for term in set(terms) & postings.keys():
            docs, frequencies = (np.array(column) for column in postings[term])
            idf = math.log1p((len(counts) - len(docs) + 0.5) / (len(docs) + 0.5))
            scores[docs] += idf * frequencies / (frequencies + norms[docs])
        order = np.lexsort((ids, -scores))[:DEPTH]
        found[query] = falling([(str(ids[at]), float(scores[at])) for at in order if scores[at] > 0])
    return judge(found, collection.judgements)


def kiwi_terms(kiwi: Any, texts: Sequence[str]) -> list[list[str]]:
    """Return the morphemes of whole texts, cut in context, without particles, endings and punctuation."""
    return [
        [token.form.lower() for token in tokens if token.tag.startswith(_CONTENT)]
        for tokens in kiwi.tokenize(list(texts))
    ]


def bigram_terms(texts: Sequence[str]) -> list[list[str]]:
    """Return pairs of neighbouring characters of each word, words of one character as they are."""
    return [
        [word[at : at + 2] for word in text.lower().split() for at in range(max(len(word) - 1, 1))]
        for text in texts
    ]


def whitespace_terms(texts: Sequence[str]) -> list[list[str]]:
    """Return what stands between spaces, in lower case."""
    return [text.lower().split() for text in texts]


def significance(one: ByQuery, other: ByQuery) -> float:
    """Return how often signs thrown at random give a difference in mean nDCG@10 as large as that of two rankings.

    Source: Smucker, Allan, Carterette, "A Comparison of Statistical Significance Tests for Information Retrieval
    Evaluation" (2007): Fisher's randomization test, paired by query.
    """
    differences = np.array([one[query]["nDCG@10"] - other[query]["nDCG@10"] for query in one])
    differences = differences[differences != 0]
    if not len(differences):
        return 1.0
    random = np.random.default_rng(SEED)
    observed = abs(differences.sum())
    larger = 0
    for _ in range(SHUFFLES):
        signs = random.integers(0, 2, len(differences)) * 2 - 1
        larger += abs((signs * differences).sum()) >= observed - 1e-9
    return (larger + 1) / (SHUFFLES + 1)


def rankings(collection: Collection) -> list[tuple[str, Callable[[Collection], ByQuery] | str]]:
    """Return the rankings by name, ours first; of one that can't run, why."""
    from kiwipiepy import Kiwi

    environment = Environment()
    try:
        environment.java = build_lucene()
        lucene: Callable[[Collection], ByQuery] | str = partial(nori, environment)
    except (ProgramFailedError, LookupError) as error:
        lucene = str(error.args[0])
    own = [("searchkit, each topic's own pair removed", without_own_pairs)] if collection.topics else []
    return [
        ("searchkit", ours),
        *own,
        ("searchkit, not expanded", partial(ours, expand=False)),
        ("Lucene + nori", lucene),
        ("Kiwi in context, BM25", partial(bm25, partial(kiwi_terms, Kiwi()))),
        ("syllable bigrams, BM25", partial(bm25, bigram_terms)),
        ("white space, BM25", partial(bm25, whitespace_terms)),
    ]


def table(collection: Collection) -> Iterator[str]:
    """Yield the lines of one collection's table."""
    yield f"\n## {collection.title}\n"
    yield f"{len(collection.documents):,} documents, {len(collection.queries):,} queries.\n"
    yield f"| ranking | {' | '.join(MEASURES)} | against searchkit |"
    yield "| --- | --- | --- | --- | --- |"
    first: ByQuery | None = None
    for name, ranking in rankings(collection):
        if isinstance(ranking, str):
            yield f"| {name} | not run: {ranking} | | | |"
            continue
        try:
            found = ranking(collection)
        except ProgramFailedError as error:
            yield f"| {name} | failed: {error} | | | |"
            continue
        means = [sum(each[measure] for each in found.values()) / len(found) for measure in MEASURES]
        if first is None:
            first, against = found, ""
        else:
            against = f"p = {significance(first, found):.4f}"
        yield f"| {name} | {' | '.join(f'{mean:.4f}' for mean in means)} | {against} |"


def main() -> None:
    lines = [
        "# Rankings side by side",
        "",
        f"The last run of `make eval`, {datetime.now(timezone.utc).date().isoformat()}. All with BM25, k1 = {K1},",
        f"b = {B}, OR; p is the share of random sign flips (paired by query) that differ as much in nDCG@10.",
    ]
    for collection in collections():
        lines += [f"\n{collection}"] if isinstance(collection, str) else table(collection)
    text = "\n".join(lines) + "\n"
    (BENCH / "EVAL.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
