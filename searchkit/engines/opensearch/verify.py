"""Verification of an index on a cluster: every blob against its digest, and counts against each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from searchkit.analysis.token import Layer
from searchkit.engines.opensearch.blob_cache import BlobCache
from searchkit.engines.opensearch.committed import Committed
from searchkit.engines.opensearch.documents import Documents
from searchkit.engines.opensearch.failures import NothingThere
from searchkit.engines.opensearch.frequencies import Frequencies
from searchkit.engines.opensearch.head import Head
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.opensearch.stored_words import stored_words
from searchkit.engines.verification import Problem, Verification
from searchkit.errors import IndexCorrupt

_AT_ONCE = 2_000


def verify(ledger: Ledger, *, deep: bool = False) -> Verification:
    """Check all blobs and count the documents; with ``deep`` read each and count its terms anew. Writes nothing.

    Raises:
        IndexMissing: there is no index.
        IndexIncompatible: it has another format.
        EngineUnavailable: it can't be read.
    """
    try:
        head = ledger.head()
    except IndexCorrupt as error:
        return Verification(0, (Problem(ledger.name, str(error)),))
    records = {record.name: record for record in head.content.blobs()}
    if head.previous is not None:
        records.update({record.name: record for record in head.previous.blobs()})
    problems = []
    for record in records.values():
        try:
            ledger.get(record)
        except IndexCorrupt as error:
            problems.append(Problem(ledger.name, str(error).removeprefix(f"{error.path}: ")))
    problems += _documents(ledger, head)
    if deep and not problems:
        problems += _terms(ledger, head)
    size = sum(record.size for record in records.values())
    return Verification(head.number, tuple(problems), len(records), size)


def _documents(ledger: Ledger, head: Head) -> Iterator[Problem]:
    content = head.content
    try:
        count = ledger.count(content.documents)
    except NothingThere:
        yield Problem(content.documents, "the index with the documents is missing")
        return
    # What others are writing now may be seen already.
    if count != content.count and not head.works:
        yield Problem(content.documents, f"{count} documents instead of {content.count}")


def _terms(ledger: Ledger, head: Head) -> Iterator[Problem]:
    """Read every document and count its terms anew."""
    documents = Documents(ledger, head.content.documents)
    with TemporaryDirectory(prefix="searchkit-") as folder:
        cache = BlobCache(ledger)
        cache.folder = Path(folder)
        committed = Committed(ledger, head, cache)
        try:
            lexicon = committed.lexicon
            found = Frequencies.none()
            everything = documents.all()
            while part := list(islice(everything, _AT_ONCE)):
                found = Frequencies.sum([found, Frequencies.of(*stored_words(part, lexicon), lexicon)])
            for layer in Layer:
                counted = found.table(layer, lexicon.string_count)
                wrong = np.flatnonzero(counted != committed.live_frequencies(layer))
                if len(wrong) and not head.works:
                    text = lexicon.string(int(wrong[0]))
                    yield Problem(
                        ledger.name,
                        f"{len(wrong)} terms of {layer.name.lower()} are in other numbers of documents than is kept, "
                        f"{text!r} first",
                    )
        except IndexCorrupt as error:
            yield Problem(head.content.documents, str(error))
        finally:
            documents.close()
