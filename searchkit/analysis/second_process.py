"""Kiwi in a process of its own, so that it loads and works while this one reads on.

Loading the Korean model takes a second of one core, in which no other thread can run Python. The other process
gets words and answers with their terms; whatever goes wrong with it, the words are analysed here instead.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from array import array
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING

from searchkit.analysis.dictionary import UserDictionary, UserWord
from searchkit.analysis.piped_process import (
    ProcessFailed,
    end_process,
    read_message,
    start_process,
    write_message,
)
from searchkit.analysis.token import Context, Token, WordKey

if TYPE_CHECKING:
    import subprocess
    from concurrent.futures import Future

    from searchkit.analysis.token_table import TokenTable

_REMEMBERED = 1 << 18
_LINE = "\n"
_CONTEXTS = tuple(Context)


class AnalysisProcess:
    """Analyses Hangul words as an analyzer with ``dictionary`` would; a context manager.

    Without one it begins to load and waits for `use`. With ``large_pages`` it takes 0.2 s longer to load and an
    eighth less for each word, where the system has any.
    """

    def __init__(self, dictionary: UserDictionary | None = None, *, large_pages: bool = False) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self._process: subprocess.Popen[bytes] | None = None
        with suppress(OSError):
            self._process = start_process(__name__, large_pages=large_pages)
        self._texts: list[str] = []
        # The next words are on their way while the answers to the last ones are read.
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="searchkit-words")
        self._receiver = ThreadPoolExecutor(1, thread_name_prefix="searchkit-terms")
        if dictionary is not None:
            self.use(dictionary)

    def use(self, dictionary: UserDictionary) -> None:
        """Name the user's words, once and before the first `analyze`."""
        self._sender.submit(self._send, [_lines([f"{form}\t{tag}" for form, tag in dictionary.words])])

    @staticmethod
    def possible() -> bool:
        """Whether there is a Python to run it with."""
        return os.name == "posix" and bool(sys.executable) and not getattr(sys, "frozen", False)

    def analyze(self, keys: Sequence[WordKey]) -> Future[TokenTable]:
        """Ask for the tokens of ``keys``, all of them Hangul; the result may be a `ProcessFailed`."""
        message = [bytes([key.context for key in keys]), _lines([key.form for key in keys])]
        sent = self._sender.submit(self._send, message)
        return self._receiver.submit(self._answer, sent, len(keys))

    def _answer(self, sent: Future[None], count: int) -> TokenTable:
        import numpy as np

        from searchkit.analysis.token_table import TokenTable

        sent.result()
        process = self._process
        assert process is not None
        assert process.stdout is not None
        answer = read_message(process.stdout, 6)
        if answer is None:
            raise ProcessFailed
        texts, *arrays = answer
        self._texts += _read_lines(texts)
        counts, numbers, kinds, starts, lengths = (
            np.frombuffer(data, code).astype(np.int64)
            for data, code in zip(arrays, ("H", "I", "B", "B", "B"), strict=True)
        )
        if len(counts) != count:
            raise ProcessFailed
        return TokenTable(counts, kinds, self._texts, numbers, starts, lengths)

    def _send(self, message: Sequence[bytes]) -> None:
        if self._process is None or self._process.stdin is None:
            raise ProcessFailed
        try:
            write_message(self._process.stdin, message)
        except OSError as error:
            raise ProcessFailed from error

    def close(self) -> None:
        """End the process, whatever it is doing."""
        end_process(self._process, (self._sender, self._receiver))
        self._process = None

    def __enter__(self) -> AnalysisProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve() -> None:
    """Answer until standard input ends."""
    from concurrent.futures import ThreadPoolExecutor

    from searchkit.analysis.korean import KoreanAnalyzer, new_kiwi

    # Ctrl-C is for the process that asks: it ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # There are millions of small objects and no cycles: looking for any would take a fifth of the time.
    gc.disable()
    kiwi = new_kiwi()
    if (message := read_message(sys.stdin.buffer, 1)) is None:
        return
    words = tuple(UserWord(*line.split("\t")) for line in _read_lines(message[0]))
    analyzer = KoreanAnalyzer(UserDictionary(words), kiwi=kiwi, remembered=_REMEMBERED)
    analyzer.load()
    numbers: dict[str, int] = {}

    def analyze(contexts: bytes, forms: bytes) -> list[tuple[Token, ...]]:
        keys = [WordKey(_CONTEXTS[context], form) for context, form in zip(contexts, _read_lines(forms))]
        return analyzer.analyze(keys)

    def answer(found: Future[list[tuple[Token, ...]]]) -> None:
        try:
            write_message(sys.stdout.buffer, _table(found.result(), numbers))
        except BaseException:
            # Whoever asked sees the end of the pipe, rather than wait for an answer that doesn't come.
            os._exit(1)

    # Kiwi works on the next words while terms are made of the last ones.
    with ThreadPoolExecutor(2) as analysts, ThreadPoolExecutor(1) as writer:
        while (keys := read_message(sys.stdin.buffer, 2)) is not None:
            writer.submit(answer, analysts.submit(analyze, *keys))


def _table(words: Sequence[tuple[Token, ...]], known: dict[str, int]) -> list[bytes]:
    """Return the tokens of ``words`` as arrays and, before these, the texts that aren't ``known`` by number yet."""
    flat = list(chain.from_iterable(words))
    kinds, texts, starts, lengths = zip(*flat) if flat else ((), (), (), ())
    new = [text for text in dict.fromkeys(texts) if text not in known]
    known.update(zip(new, range(len(known), len(known) + len(new))))
    return [
        _lines(new),
        array("H", map(len, words)).tobytes(),
        array("I", map(known.__getitem__, texts)).tobytes(),
        bytes(kinds),
        bytes(starts),
        bytes(lengths),
    ]


def _lines(texts: Sequence[str]) -> bytes:
    return _LINE.join(texts).encode()


def _read_lines(data: bytes) -> list[str]:
    return data.decode().split(_LINE) if data else []
