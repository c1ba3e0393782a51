"""What a search sees: the last commit with all that is derived from it, and the hits that are shown of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.answer import View
from searchkit.document import Document
from searchkit.engines.found import Handle
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.page_words import matching_forms
from searchkit.engines.whoosh.store import Store
from searchkit.engines.whoosh.term_cache import TermCache
from searchkit.engines.whoosh.vocabulary import LexiconVocabulary
from searchkit.index.terms import UserTerms, differs, stamp
from searchkit.index.versions import check_analysis, other_model
from searchkit.query.plan import Plan
from searchkit.query.synonyms import SynonymFinder
from searchkit.results.hit import Hit, Note
from searchkit.results.presentation import Presenter


def open_view(store: Store, analyzer: WordAnalyzer) -> View:
    """Open the last commit; queries are analysed with the dictionary that it was built with.

    Raises:
        IndexMissing, IndexIncompatible, IndexCorrupt: it can't be searched.
    """
    generation = Generation.open(store.pin())
    try:
        terms = UserTerms.of(generation.folder, generation.manifest)
        analyzer = analyzer.with_dictionary(terms.dictionary)
        check_analysis(generation.manifest, analyzer, store.path)
    except BaseException:
        generation.close()
        raise
    warning = other_model(generation.manifest, analyzer)
    notes = () if warning is None else (Note("other-model", warning),)
    vocabulary = LexiconVocabulary(generation.lexicon, analyzer)
    finder = SynonymFinder(terms.synonyms, vocabulary)
    return View(generation, vocabulary, analyzer, terms, finder, notes)


def hits(view: View, plan: Plan, found: Sequence[tuple[float, Handle]], offset: int = 0) -> tuple[Hit, ...]:
    """Return what was ``found``, as (score, handle), as hits; the first has the rank ``offset`` + 1."""
    by_segment: dict[int, list[int]] = {}
    for _, (segment, doc) in found:
        by_segment.setdefault(segment, []).append(doc)
    documents: dict[tuple[int, int], Document] = {}
    for segment, docs in by_segment.items():
        for doc, document in zip(docs, view.generation.segments[segment].documents(docs)):
            documents[segment, doc] = document
    cache = TermCache.of(view.generation)
    presenter = Presenter(
        plan,
        view.vocabulary.tokens,
        idf=lambda term: cache.get(term.layer, term.text).idf,
        matching=lambda texts: matching_forms(view.generation, by_segment.items(), texts),
    )
    return tuple(
        presenter.present(documents[segment, doc], rank=offset + place, score=score)
        for place, (score, (segment, doc)) in enumerate(found, 1)
    )


class TermsWatch:
    """Says so if the user's files are others than those that the index was brought up to date with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[tuple[Any, ...], bool] = ((), False)

    def notes(self, view: View) -> tuple[Note, ...]:
        """Look at the files, which are read only when they were written to since the last time."""
        state = (view.generation.number, *stamp(self._folder))
        if self._seen[0] != state:
            self._seen = state, differs(self._folder, view.terms)
        if not self._seen[1]:
            return ()
        message = (
            f"the files in {self._folder} have changed since the index took them; "
            "run `searchkit index` to use them"
        )
        return (Note("terms-changed", message),)
