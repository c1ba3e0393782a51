"""Words made again from texts are those that were stored, with or without what is remembered of earlier ones."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from searchkit import SearchIndex
from searchkit.document import Document
from searchkit.engines.opensearch import stored_words
from searchkit.engines.opensearch.stored_words import KnownChunks, shown_words
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.store import Store

SEEDS = Path(__file__).parents[3] / "seeds"


@pytest.mark.parametrize("remembered", [1 << 16, 7])
def test_words_are_those_that_were_stored(
    remembered: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_words, "_REMEMBERED", remembered)
    odd = Document(
        id="odd",
        title="C++, 확산 모델.",
        bullets=("모델. 모델을?", "", "GPT-4의 ..."),
        labels=("", "요약", ""),
    )
    SearchIndex.build([SEEDS, odd], tmp_path / "index").close()
    with Generation.open(Store(tmp_path / "index").pin()) as generation:
        (segment,) = generation.segments
        documents = [segment.document(doc) for doc in range(segment.doc_count)]
        codes, offsets = shown_words(documents, KnownChunks(generation.lexicon))
        again = stored_words.stored_words(documents, generation.lexicon)
        assert codes.tolist() == again.codes.tolist()
        assert offsets.tolist() == again.offsets.tolist()
        for doc, (start, stop) in enumerate(pairwise(offsets)):
            assert codes[start:stop].tolist() == segment.words(np.array([doc]))[0].tolist()
        stranger = Document(id="new", title="확산 이런낱말은없다")
        known, _ = shown_words([stranger], KnownChunks(generation.lexicon))
        assert known.tolist() == stored_words.stored_words([stranger], generation.lexicon).codes.tolist()
