"""The index with the documents of a build: made, read by id, sent to, and brought back to what it was."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from searchkit.analysis.glosses import glosses
from searchkit.analysis.token import FIRST_WORD, Kind, Layer, Token, WordKey
from searchkit.document import Document
from searchkit.engines.opensearch.body import WordTerms, body, document_key, read_document
from searchkit.engines.opensearch.bulk import BulkSender
from searchkit.engines.opensearch.failures import Conflict, NothingThere
from searchkit.engines.opensearch.head import FORMAT_VERSION
from searchkit.engines.opensearch.journal import Journal
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.opensearch.schema import LAYER_FIELDS, STORED, mapping, settings
from searchkit.engines.opensearch.stored_words import Streams, stored_words
from searchkit.engines.whoosh.lexicon import StoredLexicon
from searchkit.errors import EngineUnavailable, OptionError

SHARDS = "SEARCHKIT_OPENSEARCH_SHARDS"
_USUAL_SHARDS = 3
_MOST_SHARDS = 1024
_META = {"searchkit": "documents", "format": str(FORMAT_VERSION)}
_AT_ONCE = 500
_LISTED = 20
_MOST_WORDS = 1 << 18
"""The terms of so many words are remembered; numbers of words stay the same while documents are sent."""
_TIMEOUT = 60.0


class Documents:
    """The index called ``name``; documents are sent in parallel and counted. Close it in the end."""

    def __init__(self, ledger: Ledger, name: str) -> None:
        self.name = name
        self._ledger = ledger
        self._bulk = BulkSender(ledger.connection)
        self._under_way: set[str] = set()
        self._known: dict[int, WordTerms] = {}

    def create(self) -> None:
        """Make the index unless it is there."""
        with suppress(Conflict):
            definition = {"settings": settings(shards=self._shards()), "mappings": mapping(_META)}
            self._ledger.connection.request("PUT", self._path, definition, timeout=_TIMEOUT)

    def _shards(self) -> int:
        """Return how many shards a new index has.

        Raises:
            OptionError: SEARCHKIT_OPENSEARCH_SHARDS is no number of shards.
        """
        wanted = os.environ.get(SHARDS)
        if wanted:
            if not wanted.isdecimal() or not 0 < int(wanted) <= _MOST_SHARDS:
                raise OptionError(f"{SHARDS} is {wanted!r}; set it to a number from 1 to {_MOST_SHARDS}")
            return int(wanted)
        health = self._ledger.connection.request("GET", "/_cluster/health")
        return _USUAL_SHARDS if int(health["number_of_data_nodes"]) >= _USUAL_SHARDS else 1

    def drop(self) -> None:
        """Remove the index if it is there."""
        with suppress(NothingThere):
            self._ledger.connection.request("DELETE", self._path, timeout=_TIMEOUT)

    @property
    def _path(self) -> str:
        return "/" + quote(self.name, safe="")

    def find(self, ids: Sequence[str]) -> dict[str, Document]:
        """Return those documents that are there, as they were last sent."""
        if self._under_way.intersection(ids):
            self.wait()
        found: dict[str, Document] = {}
        for start in range(0, len(ids), _AT_ONCE):
            keys = [document_key(each) for each in ids[start : start + _AT_ONCE]]
            for each in self._ledger.get_many(self.name, keys):
                if each.get("found"):
                    document = read_document(each["_source"][STORED])
                    found[document.id] = document
        return found

    def send(self, documents: Sequence[Document], streams: Streams, lexicon: StoredLexicon) -> None:
        """Send documents with their words, in place of those with their ids."""
        self._begin({document.id for document in documents})
        self._learn(streams.codes, lexicon)
        word = self._known.__getitem__
        codes, bounds = streams.codes.tolist(), streams.offsets.tolist()
        for document, start, stop in zip(documents, bounds, bounds[1:]):
            named = sorted(glosses((document.title, *document.bullets)))
            self._bulk.index(
                self.name, document_key(document.id), body(document, codes[start:stop], word, named)
            )

    def _learn(self, codes: npt.NDArray[np.int32], lexicon: StoredLexicon) -> None:
        """Look up the terms of those words in streams that aren't known yet."""
        if len(self._known) > _MOST_WORDS:
            self._known.clear()
        words = np.unique(codes[codes >= FIRST_WORD]).astype(np.int64) - FIRST_WORD
        new = np.array([word for word in words.tolist() if word not in self._known], np.int64)
        tokens = lexicon.expand(new)
        # Strings in the order of their numbers lie side by side.
        texts = {
            each: lexicon.string(each)
            for each in np.unique(np.concatenate((tokens.forms, tokens.terms))).tolist()
        }
        kinds, terms = tokens.kinds.tolist(), tokens.terms.tolist()
        ends = np.cumsum(tokens.counts).tolist()
        start = 0
        for word, form, end in zip(new.tolist(), tokens.forms.tolist(), ends):
            key = WordKey(lexicon.key(word).context, texts[form])
            held = [Token(Kind(kinds[at]), texts[terms[at]], 0, 0) for at in range(start, end)]
            self._known[word] = WordTerms.of(key, held)
            start = end

    def forget_words(self) -> None:
        """Hear that words of the lexicon have other terms or numbers from now on."""
        self._known.clear()

    def send_stored(self, documents: Sequence[Document], lexicon: StoredLexicon) -> None:
        """Send documents whose words are in the lexicon."""
        for start in range(0, len(documents), _AT_ONCE):
            part = documents[start : start + _AT_ONCE]
            self.send(part, stored_words(part, lexicon), lexicon)

    def delete(self, ids: Sequence[str]) -> None:
        """Delete documents, if they are there."""
        self._begin(set(ids))
        for each in ids:
            self._bulk.delete(self.name, document_key(each))

    def _begin(self, ids: set[str]) -> None:
        if not self._under_way.isdisjoint(ids):
            self.wait()
        self._under_way |= ids

    def wait(self) -> None:
        """Wait until the cluster has taken all that was sent.

        Raises:
            EngineUnavailable: it doesn't take some of it.
        """
        self._bulk.flush()
        self._under_way.clear()
        rejected = self._bulk.report.rejected
        if rejected:
            listed = ", ".join(each.id for each in rejected[:_LISTED])
            more = ", …" if len(rejected) > _LISTED else ""
            raise EngineUnavailable(
                f"{self._ledger.place}: the cluster doesn't take {len(rejected)} of the documents ({listed}{more}): "
                f"{rejected[0].reason}; nothing was committed"
            )

    def holding(self, forms: Sequence[str]) -> Iterator[list[Document]]:
        """Yield, some at a time, the documents that hold a word of one of ``forms``."""
        for start in range(0, len(forms), _AT_ONCE):
            wanted = {"terms": {LAYER_FIELDS[Layer.SURFACE]: list(forms[start : start + _AT_ONCE])}}
            yield from self._read({"query": wanted})

    def all(self) -> Iterator[Document]:
        """Yield every document, by id."""
        for part in self._read({}):
            yield from part

    def _read(self, body: dict[str, Any]) -> Iterator[list[Document]]:
        hits = self._ledger.pages(self.name, body, _AT_ONCE)
        while part := [read_document(hit["_source"][STORED]) for hit in islice(hits, _AT_ONCE)]:
            yield part

    def undo(self, journal: Journal, lexicon: StoredLexicon) -> None:
        """Bring back what was there before the entries of ``journal`` that no checkpoint covers, and remove these.

        What somebody else has changed since stays.
        """
        for number, entry in journal.entries():
            before = {document.id: document for document in entry.before}
            ids = list({**entry.stored, **before})
            there = {each: document.content_hash() for each, document in self.find(ids).items()}
            unchanged = [each for each in ids if there.get(each) == entry.stored.get(each)]
            self.send_stored([before[each] for each in unchanged if each in before], lexicon)
            self.delete([each for each in unchanged if each not in before])
            self.wait()
            journal.remove(number)

    def close(self) -> None:
        """Drop what has not been sent."""
        self._bulk.close()
