"""What a search sees: the last commit with all that is derived from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.answers.answer import View
from searchkit.answers.vocabulary import LexiconVocabulary
from searchkit.index.terms import UserTerms, differs, stamp
from searchkit.index.versions import check_analysis, other_model
from searchkit.query.synonyms import SynonymFinder
from searchkit.results.hit import Note

if TYPE_CHECKING:
    from searchkit.engines.base import Engine


def open_view(engine: Engine, analyzer: WordAnalyzer) -> View:
    """Open the last commit; queries are analysed with the dictionary that it was built with.

    Raises:
        IndexMissing, IndexIncompatible, IndexCorrupt: it can't be searched.
    """
    snapshot = engine.open()
    try:
        terms = UserTerms.of(snapshot.user_files)
        analyzer = analyzer.with_dictionary(terms.dictionary)
        check_analysis(snapshot.versions, analyzer, engine.location)
    except BaseException:
        snapshot.close()
        raise
    warning = other_model(snapshot.versions, analyzer)
    notes = () if warning is None else (Note("other-model", warning),)
    vocabulary = LexiconVocabulary(snapshot.lexicon, analyzer)
    finder = SynonymFinder(terms.synonyms, vocabulary)
    return View(snapshot, vocabulary, analyzer, terms, finder, notes)


class TermsWatch:
    """Says so if the user's files are others than those that the index was brought up to date with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[tuple[Any, ...], bool] = ((), False)

    def notes(self, view: View) -> tuple[Note, ...]:
        """Look at the files, which are read only when they were written to since the last time."""
        state = (view.snapshot.number, *stamp(self._folder))
        if self._seen[0] != state:
            self._seen = state, differs(self._folder, view.terms)
        if not self._seen[1]:
            return ()
        message = (
            f"the files in {self._folder} have changed since the index took them; "
            "run `searchkit index` to use them"
        )
        return (Note("terms-changed", message),)
