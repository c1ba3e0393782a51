"""What the ledger says of one commit: all of it but the documents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.engines.opensearch.blob_cache import BlobCache
from searchkit.engines.opensearch.frequencies import Frequencies
from searchkit.engines.opensearch.head import Head
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.whoosh.glossary import StoredGlossary
from searchkit.engines.whoosh.lexicon import LexiconLevel, StoredLexicon


class Committed:
    """The commit that ``head`` names. Thread-safe: it only reads. Blobs are fetched when first asked for."""

    def __init__(self, ledger: Ledger, head: Head, cache: BlobCache | None = None) -> None:
        self.ledger = ledger
        self.head = head
        self.cache = BlobCache(ledger) if cache is None else cache

    @property
    def number(self) -> int:
        """The number of the commit."""
        return self.head.number

    @property
    def live_count(self) -> int:
        """The number of documents."""
        return self.head.content.count

    @property
    def versions(self) -> Mapping[str, str]:
        """What built it."""
        return self.head.content.versions

    @cached_property
    def lexicon(self) -> StoredLexicon:
        """Every word of the documents with its terms.

        Raises:
            IndexCorrupt: it is damaged.
        """
        return StoredLexicon(
            [LexiconLevel(self.cache.open(record), record) for record in self.head.content.lexicon]
        )

    @cached_property
    def glossary(self) -> StoredGlossary | None:
        """The glossary, None if it is empty."""
        record = self.head.content.glossary
        return None if record is None else StoredGlossary(self.cache.open(record))

    @cached_property
    def user_files(self) -> Mapping[str, bytes]:
        """The copies of the user's files by their names."""
        return {name: self.ledger.get(record) for name, record in self.head.content.user_files}

    @property
    def sources(self) -> bytes:
        """The state of the sources."""
        record = self.head.content.sources
        return b"" if record is None else self.ledger.get(record)

    @cached_property
    def _frequencies(self) -> Frequencies:
        return Frequencies.sum(
            [Frequencies.read(self.cache.open(each)) for each in self.head.content.changes]
        )

    def live_frequencies(self, layer: Layer) -> npt.NDArray[np.int64]:
        """Return for each string of the lexicon, by its id, how many documents hold it as a term of ``layer``."""
        return self._frequencies.table(layer, self.lexicon.string_count)
