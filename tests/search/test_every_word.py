"""Any word of a document, typed alone, finds that document."""

import random
import re
import unicodedata

import pytest

from searchkit.answers.answer import Request, answer

WORD = re.compile(r"[가-힣]+|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")


def documents_by_word(index):
    found = {}
    for document in index._current().snapshot.all_documents():
        texts = (document.title, *document.bullets, *filter(None, document.labels))
        for word in WORD.findall(unicodedata.normalize("NFC", " \n ".join(texts))):
            found.setdefault(word, set()).add(document.id)
    return found


@pytest.mark.parametrize(("collection", "count"), [("seeds", 1500), ("corpus", 500)])
def test_every_word_alone_finds_its_documents(request, collection, count):
    index = request.getfixturevalue(collection)
    words = documents_by_word(index)
    chosen = random.Random(7).sample(sorted(words), min(count, len(words)))
    missed = {}
    view = index._current()
    for word in chosen:
        top = answer(view, Request(query=word, limit=5000)).top
        found = set(view.snapshot.ids([handle for _, handle in top.hits]))
        assert len(found) == top.total
        if not words[word] <= found:
            missed[word] = sorted(words[word] - found)
    assert not missed
