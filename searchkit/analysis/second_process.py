"""Kiwi in a process of its own, so that it loads and works while this one reads on.

Loading the Korean model takes a second of one core, in which no other thread can run Python. The other process
gets words and answers with their terms; whatever goes wrong with it, the words are analysed here instead.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import IO, Any

from searchkit.analysis.dictionary import UserDictionary, UserWord
from searchkit.analysis.token import Context, Kind, Token, WordKey

_START = (
    "import sys; sys.path[:] = sys.argv[1:]; from searchkit.analysis.second_process import serve; serve()"
)
_LENGTH_BYTES = 4
_KINDS = tuple(Kind)
_make = partial(tuple.__new__, Token)

Tokens = list[tuple[Token, ...]]


class ProcessFailed(Exception):
    """The other process doesn't answer; it never leaves this package's callers."""


class AnalysisProcess:
    """Analyses Hangul words as an analyzer with ``dictionary`` would; a context manager."""

    def __init__(self, dictionary: UserDictionary) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._dictionary = dictionary
        # The next words are on their way while the answers to the last ones are read.
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="searchkit-words")
        self._receiver = ThreadPoolExecutor(1, thread_name_prefix="searchkit-terms")
        self._sender.submit(self._start)

    @staticmethod
    def possible() -> bool:
        """Whether there is a Python to run it with."""
        return os.name == "posix" and bool(sys.executable) and not getattr(sys, "frozen", False)

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._send([tuple(word) for word in self._dictionary.words])

    def analyze(self, keys: Sequence[WordKey]) -> Future[Tokens]:
        """Ask for the tokens of ``keys``, all of them Hangul; the result may be a `ProcessFailed`."""
        sent = self._sender.submit(self._send, [(int(context), form) for context, form in keys])
        return self._receiver.submit(self._answer, sent, len(keys))

    def _answer(self, sent: Future[None], count: int) -> Tokens:
        sent.result()
        process = self._process
        assert process is not None
        assert process.stdout is not None
        answer = _receive(process.stdout)
        if not isinstance(answer, list) or len(answer) != count:
            raise ProcessFailed
        return [
            tuple([_make((_KINDS[kind], text, start, length)) for kind, text, start, length in word])
            for word in answer
        ]

    def _send(self, message: Any) -> None:
        if self._process is None or self._process.stdin is None:
            raise ProcessFailed
        try:
            _write(self._process.stdin, message)
        except OSError as error:
            raise ProcessFailed from error

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
        for thread in (self._sender, self._receiver):
            thread.shutdown(wait=True, cancel_futures=True)
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what wasn't written yet is of no use to anyone
                        pipe.close()

    def __enter__(self) -> AnalysisProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve() -> None:
    """Answer until standard input ends."""
    from searchkit.analysis.korean import KoreanAnalyzer

    # Ctrl-C is for the process that asks: it ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    words = _receive(sys.stdin.buffer) or []
    analyzer = KoreanAnalyzer(UserDictionary(tuple(UserWord(form, tag) for form, tag in words)))
    analyzer.load()

    def analyze(keys: list[tuple[int, str]]) -> list[list[tuple[int, str, int, int]]]:
        found = analyzer.analyze([WordKey(Context(context), form) for context, form in keys])
        return [[(int(kind), text, start, length) for kind, text, start, length in word] for word in found]

    def answer(found: Future[list[list[tuple[int, str, int, int]]]]) -> None:
        try:
            _write(sys.stdout.buffer, found.result())
        except BaseException:
            # Whoever asked sees the end of the pipe, rather than wait for an answer that doesn't come.
            os._exit(1)

    # Kiwi works on the next words while terms are made of the last ones.
    with ThreadPoolExecutor(2) as analysts, ThreadPoolExecutor(1) as writer:
        while (keys := _receive(sys.stdin.buffer)) is not None:
            writer.submit(answer, analysts.submit(analyze, keys))


def _write(pipe: IO[bytes], message: Any) -> None:
    data = json.dumps(message, ensure_ascii=False).encode()
    pipe.write(len(data).to_bytes(_LENGTH_BYTES, "little"))
    pipe.write(data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    """Return the next message, None at the end."""
    size = pipe.read(_LENGTH_BYTES)
    if len(size) < _LENGTH_BYTES:
        return None
    data = pipe.read(int.from_bytes(size, "little"))
    return json.loads(data) if len(data) == int.from_bytes(size, "little") else None
