"""A generation as everything above the engine sees it."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from searchkit.analysis.token import Layer
from searchkit.document import Document
from searchkit.engines.whoosh.blockfile import BlockFile
from searchkit.engines.whoosh.generation import Generation
from searchkit.engines.whoosh.glossary import StoredGlossary
from searchkit.engines.whoosh.lexicon import StoredLexicon
from searchkit.engines.whoosh.segment import Segment
from searchkit.engines.whoosh.user_files import read_user_files

if TYPE_CHECKING:
    from searchkit.analysis.glosses import Gloss
    from searchkit.engines.base import Ints
    from searchkit.engines.found import Contribution, Expected, TopDocs
    from searchkit.query.plan import Node, PhraseTerm, Plan
    from searchkit.ranking.features import FeatureScore

Place = tuple[int, int]
"""The number of a segment, and of a document in it."""

_AT_ONCE = 1024


class WhooshSnapshot:
    """What `searchkit.engines.base.Snapshot` promises, over a generation. Thread-safe."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.caches: dict[str, Any] = generation.caches
        self.number = generation.number
        self.versions: Mapping[str, str] = generation.manifest.versions
        self.lexicon: StoredLexicon = generation.lexicon

    @property
    def live_count(self) -> int:
        """The number of documents."""
        return self.generation.live_count

    @property
    def glossary(self) -> StoredGlossary | None:
        """The glossary, None if it is empty."""
        return self.generation.glossary

    @cached_property
    def user_files(self) -> Mapping[str, bytes]:
        """The copies of the user's files by their names."""
        return read_user_files(self.generation.folder, self.generation.manifest)

    @property
    def sources(self) -> bytes:
        """The state of the sources."""
        record = self.generation.manifest.sources
        if record is None:
            return b""
        return BlockFile.open(self.generation.folder, record).column("state").all().tobytes()

    def run(
        self,
        plan: Plan,
        *,
        limit: int,
        offset: int = 0,
        sort: str = "relevance",
        total: bool = True,
        facets: bool = False,
        expected: Expected | None = None,
    ) -> TopDocs:
        """Return a page of what matches ``plan``."""
        from searchkit.engines.whoosh import executor

        return executor.run(
            self.generation, plan, limit=limit, offset=offset, sort=sort, total=total, facets=facets
        )

    def meanwhile(self, steps: Iterator[object]) -> AbstractContextManager[None]:
        """Do nothing: nobody is waited for."""
        return nullcontext()

    def best_by_terms(self, plan: Plan, limit: int) -> Sequence[Place]:
        """Return the best documents of ``plan`` by its terms alone."""
        from searchkit.engines.whoosh import executor

        return executor.best_by_terms(self.generation, plan, limit)

    def contributions(self, plan: Plan, handle: Place) -> Sequence[Contribution | FeatureScore]:
        """Return what each part of ``plan`` adds to the score of a document."""
        from searchkit.engines.whoosh import executor

        return executor.contributions(self.generation, plan, *handle)

    def matches(self, nodes: Sequence[Node], handle: Place) -> list[bool]:
        """Say for each of ``nodes`` whether a document matches it."""
        from searchkit.engines.whoosh.matching import Matcher

        index, doc = handle
        matcher = Matcher(self.generation, index)
        found = []
        for node in nodes:
            this = np.zeros(matcher.segment.doc_count, np.bool_)
            this[doc] = True
            left = matcher.restrict(this, (node,))
            found.append(left is None or bool(left[doc]))
        return found

    def doc_freq(self, layer: Layer, text: str) -> int:
        """Return how many documents hold a term."""
        from searchkit.engines.whoosh.term_cache import TermCache

        known = TermCache.of(self.generation).peek(layer, text)
        if known is not None:
            return known.doc_freq
        string_id = self.lexicon.remembered_id(text)
        return 0 if string_id < 0 else self.generation.doc_freq(layer, string_id)

    def idf(self, layer: Layer, text: str) -> float:
        """Return the idf of a term, 0 if no document holds it."""
        from searchkit.engines.whoosh.term_cache import TermCache

        return TermCache.of(self.generation).get(layer, text).idf

    def documents_with(self, layer: Layer) -> int:
        """Return how many documents have any term in a layer."""
        return self.generation.layer_stats(layer)[0]

    def phrase_freqs(self, names: Sequence[PhraseTerm]) -> list[int]:
        """Return how many documents each of ``names`` matches."""
        from searchkit.engines.whoosh.phrase_terms import PhraseTerms

        known = PhraseTerms.of(self.generation)
        return [known.get(name).doc_freq for name in names]

    def live_frequencies(self, layer: Layer) -> Ints:
        """Return for each string how many documents hold it as a term of ``layer``."""
        counts = np.zeros(self.lexicon.string_count, np.int64)
        for segment in self.generation.segments:
            found = segment.sizes(layer)
            if segment.deleted is not None and len(found):
                _, bounds, docs, _ = segment.layer_arrays(layer)
                gone = np.zeros(len(docs) + 1, np.int64)
                np.cumsum(segment.deleted[docs], out=gone[1:])
                found = found - (gone[bounds[1:]] - gone[bounds[:-1]])
            counts[segment.terms(layer)] += found
        return counts

    def look_up_pairs(self, pairs: Iterable[tuple[str, str]], plan: Plan | None = None) -> None:
        """Do nothing: one pair after the other is looked up as fast as all at once."""

    def side_by_side(self, first: str, second: str) -> int:
        """Return how many documents hold two base terms as neighbours."""
        from searchkit.engines.whoosh.rescore import NeighbourStatistics

        one, other = self.lexicon.remembered_id(first), self.lexicon.remembered_id(second)
        return NeighbourStatistics.of(self.generation).pair(one, other) if one >= 0 and other >= 0 else 0

    def sample(self, layer: Layer, text: str, limit: int) -> tuple[int, list[Place]]:
        """Return how many documents hold a term, and those of them with the least CRC-32 of their ids."""
        string_id = self.lexicon.remembered_id(text)
        total = 0
        found: list[tuple[int, int, int]] = []
        for index, segment in enumerate(self.generation.segments if string_id >= 0 else ()):
            docs: npt.NDArray[Any] = segment.postings(layer, string_id)[0]
            if segment.deleted is not None:
                docs = docs[~segment.deleted[docs]]
            total += len(docs)
            if not len(docs):
                continue
            keys = self._sample_keys(segment)[docs]
            if len(docs) > limit:
                # What is equal to the last of them has to come along: its order is decided below.
                kept = keys <= np.partition(keys, limit - 1)[limit - 1]
                docs, keys = docs[kept], keys[kept]
            found += [(key, index, doc) for key, doc in zip(keys.tolist(), docs.tolist())]
        found.sort()
        return total, [(index, doc) for _, index, doc in found[:limit]]

    def _sample_keys(self, segment: Segment) -> npt.NDArray[np.uint32]:
        name = f"sample {segment.id}"
        found = self.caches.get(name)
        if found is None:
            keys = np.array([zlib.crc32(each.encode()) for each in segment.ids()], np.uint32)
            found = self.caches.setdefault(name, keys)
        assert isinstance(found, np.ndarray)
        return found

    def find(self, document_id: str) -> Place | None:
        """Return the document with an id, None if there is none."""
        found = self.generation.find(document_id)
        return None if found is None else (self.generation.segments.index(found[0]), found[1])

    def ids(self, handles: Sequence[Place]) -> list[str]:
        """Return the ids of documents."""
        return self.generation.ids(handles)

    def documents(self, handles: Sequence[Place]) -> list[Document]:
        """Return documents in the order of ``handles``."""
        found: list[Document | None] = [None] * len(handles)
        for index, places in _by_segment(handles).items():
            documents = self.generation.segments[index].documents([handles[place][1] for place in places])
            for place, document in zip(places, documents):
                found[place] = document
        return [document for document in found if document is not None]

    def words(self, handles: Sequence[Place]) -> tuple[npt.NDArray[np.int32], Ints]:
        """Return the words of documents as codes and the offsets that cut them."""
        segments = self.generation.segments
        if len(segments) == 1:
            return segments[0].words(np.array([doc for _, doc in handles], np.int64))
        groups = _by_segment(handles)
        pieces: list[npt.NDArray[np.int32]] = [np.zeros(0, np.int32)] * len(handles)
        for index, places in groups.items():
            docs = np.array([handles[place][1] for place in places], np.int64)
            codes, offsets = segments[index].words(docs)
            bounds = offsets.tolist()
            for at, place in enumerate(places):
                pieces[place] = codes[bounds[at] : bounds[at + 1]]
        offsets = np.zeros(len(pieces) + 1, np.int64)
        np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
        return (np.concatenate(pieces) if pieces else np.zeros(0, np.int32)), offsets

    def all_documents(self) -> Iterator[Document]:
        """Yield every document."""
        for segment in self.generation.segments:
            for start in range(0, segment.doc_count, _AT_ONCE):
                docs = [
                    doc
                    for doc in range(start, min(start + _AT_ONCE, segment.doc_count))
                    if segment.deleted is None or not segment.deleted[doc]
                ]
                yield from segment.documents(docs)

    def gloss_counts(self) -> Mapping[Gloss, int]:
        """Return every gloss of the documents with how many hold it."""
        from searchkit.engines.whoosh.gloss_records import count_glosses

        return count_glosses((segment.file, segment.deleted) for segment in self.generation.segments)

    def glossing(self, wanted: Collection[Gloss], limit: int) -> dict[Gloss, list[Place]]:
        """Return for each of ``wanted`` up to ``limit`` documents that hold it, those with the least ids."""
        from searchkit.engines.whoosh.gloss_records import StoredGlosses

        found: dict[Gloss, list[tuple[str, Place]]] = {gloss: [] for gloss in wanted}
        for index, segment in enumerate(self.generation.segments):
            stored = StoredGlosses(segment.file)
            for number, gloss in enumerate(stored.glosses):
                places = found.get(gloss)
                if places is None:
                    continue
                docs = stored.docs(number)
                if segment.deleted is not None:
                    docs = docs[~segment.deleted[docs]]
                least = docs[np.argsort(segment.id_rank[docs])[:limit]].tolist()
                places += [(segment.id_of(doc), (index, doc)) for doc in least]
        return {gloss: [place for _, place in sorted(places)[:limit]] for gloss, places in found.items()}

    def statistics(self) -> dict[str, Any]:
        """Return counts, dates, sizes in bytes and versions."""
        from searchkit.engines.whoosh.statistics import statistics

        return statistics(self.generation)

    def release(self) -> None:
        """Let the writer remove the files; searches that still go on read them to the end."""
        self.generation.release()

    def close(self) -> None:
        """Let the files and all that was derived from them go."""
        self.generation.close()

    def __enter__(self) -> WhooshSnapshot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _by_segment(handles: Sequence[Place]) -> dict[int, list[int]]:
    """Return the places among ``handles`` of the documents of each segment."""
    groups: dict[int, list[int]] = {}
    for place, (index, _) in enumerate(handles):
        groups.setdefault(index, []).append(place)
    return groups
