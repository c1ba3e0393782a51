"""All words of a lexicon at once are those that are read one by one, whatever levels it has."""

from __future__ import annotations

from pathlib import Path

from searchkit import SearchIndex
from searchkit.analysis.token import Context, WordKey
from searchkit.document import Document
from searchkit.engines.all_words import all_words
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.lexicon import StoredLexicon
from searchkit.engines.whoosh.store import Store

SEEDS = Path(__file__).parents[2] / "seeds"


def test_all_words_at_once_are_those_read_one_by_one(tmp_path):
    SearchIndex.build([SEEDS], tmp_path / "index").close()
    with SearchIndex.open(tmp_path / "index") as index:
        index.add(Document(id="odd", title="GPT-4의 새낱말을 C++로", bullets=("비급여 확산모델",)))
    with Generation.open(Store(tmp_path / "index").pin()) as generation:
        lexicon = generation.lexicon
        keys, table = all_words(lexicon)
        assert len(lexicon.levels) == 2
        assert keys == [lexicon.key(word) for word in range(lexicon.word_count)]
        assert [*table] == [lexicon.tokens(word) for word in range(lexicon.word_count)]


def test_words_are_found_however_many_are_looked_up(tmp_path):
    SearchIndex.build([SEEDS], tmp_path / "index").close()
    with Generation.open(Store(tmp_path / "index").pin()) as generation:
        lexicon = generation.lexicon
        keys = [lexicon.key(word) for word in range(lexicon.word_count)]
        others = [WordKey(Context((key.context + 1) % len(Context)), key.form) for key in keys]
        known = {key: word for word, key in enumerate(keys)}
        both = [key for pair in zip(keys, others) for key in pair]
        assert len(both) > 1000
        assert [lexicon.word_id(key) for key in both] == [known.get(key, -1) for key in both]


def test_no_words_are_none():
    keys, table = all_words(StoredLexicon([]))
    assert (keys, len(table)) == ([], 0)
