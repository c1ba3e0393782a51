"""However many batches one commit is written in, the index says the same."""

import errno
import threading
from pathlib import Path

import pytest

from searchkit import Document, SearchIndex
from searchkit.analysis import batch
from searchkit.analysis.token import FIRST_WORD, Layer
from searchkit.engines.whoosh.files import Files
from searchkit.engines.whoosh.transaction import _OwnFiles
from searchkit.errors import EngineUnavailable

SEEDS = Path(__file__).parents[2] / "seeds"
QUERIES = ["확산 모델", "RLHF", "강화 학습", '"언어 모델"', "제3의", "gpt-4의", "transformer"]


def papers():
    return [
        Document(id=f"d{n}", title=f"Paper {n % 7}", bullets=[f"모델을 {chr(0xAC00 + n)}나다(ABC{n % 3}) 제{n}의"])
        for n in range(60)
    ]


def content(index):
    """Return what is independent of numbers: words, frequencies, documents and their words, names, answers."""
    with index._engine.open() as snapshot:
        lexicon = snapshot.lexicon
        words = [lexicon.key(word) for word in range(lexicon.word_count)]
        strings = [lexicon.string(number) for number in range(lexicon.string_count)]
        assert len(set(words)) == len(words)
        assert len(set(strings)) == len(strings)
        documents = {document.id: document for document in snapshot.all_documents()}
        handles = [snapshot.find(document_id) for document_id in sorted(documents)]
        codes, offsets = snapshot.words(handles)
        read = [words[code - FIRST_WORD] if code >= FIRST_WORD else code for code in codes.tolist()]
        counted = {
            layer: {
                text: count
                for text, count in zip(strings, snapshot.live_frequencies(layer).tolist())
                if count
            }
            for layer in Layer
        }
        found = {
            "words": {word: lexicon.tokens(number) for number, word in enumerate(words)},
            "strings": set(strings),
            "documents": documents,
            "streams": (read, offsets.tolist()),
            "frequencies": counted,
            "glosses": dict(snapshot.gloss_counts()),
            "neighbours": [
                snapshot.side_by_side(*pair) for pair in [("언어", "모델"), ("확산", "모델"), ("모델", "모델")]
            ],
        }
    found["answers"] = [
        [(hit.id, round(hit.score, 4)) for hit in index.search(query, limit=30)] for query in QUERIES
    ]
    return found


@pytest.mark.parametrize("size", [7, 23, 60])
def test_batches_make_no_difference(size, tmp_path, monkeypatch):
    whole = SearchIndex.build([SEEDS, *papers()], tmp_path / "whole")
    monkeypatch.setattr(batch, "MAX_DOCUMENTS", size)
    cut = SearchIndex.build([SEEDS, *papers()], tmp_path / "cut")
    assert content(cut) == content(whole)


def test_words_that_the_index_had_are_found_again_in_later_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "MAX_DOCUMENTS", 23)
    expected = content(SearchIndex.build([SEEDS, *papers()], tmp_path / "whole"))
    index = SearchIndex.build(papers()[:30], tmp_path / "index")
    index.add(papers()[30:])
    index.update([SEEDS])
    assert content(index) == expected


def test_a_full_disk_under_an_earlier_batch_ends_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "MAX_DOCUMENTS", 20)
    index = SearchIndex.build(papers()[:10], tmp_path / "index")
    failed = []

    def perform(files, operation, action):
        if operation.kind == "write" and operation.name.endswith(".seg"):
            failed.append(threading.current_thread())
            raise OSError(errno.ENOSPC, "full")
        return action()

    monkeypatch.setattr(Files, "perform", perform)
    monkeypatch.setattr(_OwnFiles, "perform", perform)
    with pytest.raises(EngineUnavailable, match="the disk is full"):
        index.add(papers()[10:])
    assert len(failed) == 1
    assert failed[0] is not threading.current_thread()
    monkeypatch.undo()
    assert len(index) == 10
    assert index.add(papers()[10:]) == 50
