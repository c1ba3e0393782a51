"""Glosses read in a process of their own, while this one reads on.

They are a fifth of what a large corpus costs, and nothing needs them before a segment ends. The other process gets
texts with brackets and answers with all that is stored of them, and with the glossary that they make.
"""

from __future__ import annotations

import gc
import signal
import sys
from array import array
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from searchkit.analysis.glossary import NO_USER_GLOSSES, KnownNames, make_glossary
from searchkit.analysis.glosses import Gloss, glosses
from searchkit.analysis.piped_process import (
    ProcessFailed,
    end_process,
    read_message,
    start_process,
    write_message,
)
from searchkit.engines.whoosh.gloss_records import GlossRecords, PackedGlosses
from searchkit.engines.whoosh.glossary import Array, glossary_arrays

_LAST = b"last"
_GLOSSARY_PARTS = 7


class Texts(NamedTuple):
    """Texts of documents: ``docs`` has the document of each, ``lengths`` its code points, ``joined`` is UTF-8."""

    docs: bytes
    lengths: bytes
    joined: bytes

    @classmethod
    def of(cls, docs: Sequence[int], texts: Sequence[str]) -> Texts:
        """Put texts together; ``docs`` ascend."""
        joined = "".join(texts).encode("utf-8", "surrogatepass")
        return cls(array("I", docs).tobytes(), array("I", map(len, texts)).tobytes(), joined)

    def read(self, records: GlossRecords) -> set[Gloss]:
        """Add the glosses of all documents, each of which is here as a whole, to ``records``; return them."""
        docs, lengths = array("I", self.docs), array("I", self.lengths)
        joined = self.joined.decode("utf-8", "surrogatepass")
        by_doc: dict[int, list[str]] = {}
        for doc, (start, end) in zip(docs, pairwise(accumulate(lengths, initial=0))):
            by_doc.setdefault(doc, []).append(joined[start:end])
        read: set[Gloss] = set()
        for doc, texts in by_doc.items():
            found = glosses(texts)
            records.add(doc, found)
            read |= found
        return read


class GlossProcess:
    """Reads the glosses of one batch of documents after the other. All but `take` may raise `ProcessFailed`."""

    def __init__(self) -> None:
        self._process = start_process(__name__)
        # Neither waits for the other: each pipe holds only so much.
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="searchkit-texts")
        self._receiver = ThreadPoolExecutor(1, thread_name_prefix="searchkit-glosses")

    def take(self, texts: Texts) -> None:
        """Have texts of the current batch read."""
        self._sender.submit(self._send, texts)

    def finish(
        self, doc_count: int, *, last: bool
    ) -> tuple[Future[PackedGlosses], Future[dict[str, Array]] | None]:
        """End the batch; return its glosses and, after the ``last`` one, the glossary of all batches, to wait for."""
        self._sender.submit(self._send, (b"", _LAST if last else b"", str(doc_count).encode()))
        packed = self._receiver.submit(self._packed)
        return packed, self._receiver.submit(self._glossary) if last else None

    def _send(self, message: Sequence[bytes]) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # whoever waits for the answer sees that there is none
            write_message(self._process.stdin, message)

    def _answer(self, parts: int) -> list[bytes]:
        assert self._process.stdout is not None
        answer = read_message(self._process.stdout, parts)
        if answer is None:
            raise ProcessFailed
        return answer

    def _packed(self) -> PackedGlosses:
        types, texts, sizes, docs = self._answer(4)
        size_type, doc_type = types.decode().split()
        return PackedGlosses(texts, np.frombuffer(sizes, size_type), np.frombuffer(docs, doc_type))

    def _glossary(self) -> dict[str, Array]:
        head, *arrays = self._answer(_GLOSSARY_PARTS)
        described = [line.split("\t") for line in head.decode().split("\n")]
        return {name: np.frombuffer(data, code) for (name, code), data in zip(described, arrays)}

    def close(self) -> None:
        """End the process, whatever it is doing."""
        end_process(self._process, (self._sender, self._receiver))


def serve() -> None:
    """Answer until standard input ends."""
    # Ctrl-C is for the process that asks: it ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    records = GlossRecords()
    total: Counter[Gloss] = Counter()
    names = KnownNames()
    while (message := read_message(sys.stdin.buffer, 3)) is not None:
        texts = Texts(*message)
        if texts.docs:
            # There is time now for what the glossary needs of names; whoever waits for it has none.
            for gloss in texts.read(records):
                names.look_at(gloss)
            continue
        _, last, doc_count = message
        packed = records.pack(int(doc_count))
        types = f"{packed.sizes.dtype.str} {packed.docs.dtype.str}".encode()
        write_message(sys.stdout.buffer, [types, packed.texts, packed.sizes.tobytes(), packed.docs.tobytes()])
        total.update(records.counts())
        records = GlossRecords()
        if last:
            arrays = glossary_arrays(make_glossary(total, NO_USER_GLOSSES, names))
            head = "\n".join(f"{name}\t{values.dtype.str}" for name, values in arrays.items())
            write_message(
                sys.stdout.buffer, [head.encode(), *(values.tobytes() for values in arrays.values())]
            )
