"""Commits in the making, made known in the head: who writes, what they have done, and which of them are dead.

Any number may write at once on top of what is there; one that writes everything anew has to be alone. One that died is
claimed by a later one, which takes it up or undoes it.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from dataclasses import replace
from typing import Any

from searchkit.engines.opensearch.head import Head, Work
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.errors import EngineUnavailable, IndexLocked, SearchkitError

_BEAT = 10.0
_SILENCE = 180.0
"""One that was not heard of for so many seconds is dead; on the same machine its process tells sooner."""
_LOOK_AGAIN = 0.2
_BYTES_OF_NAME = 8
_alive_here: set[str] = set()
"""The names of those that this process has not ended: nobody else bears its number."""


class Registration:
    """A commit in the making of this process; ``taken_over`` if it was another's. It beats until it is ended."""

    def __init__(self, ledger: Ledger, name: str, *, taken_over: bool) -> None:
        self.name = name
        self.taken_over = taken_over
        self._ledger = ledger
        self._ended = threading.Event()
        _alive_here.add(name)
        self._thread = threading.Thread(target=self._beat, daemon=True, name="searchkit-beat")
        self._thread.start()

    def _beat(self) -> None:
        while not self._ended.wait(_BEAT):
            try:
                self.update()
            except SearchkitError:
                # The commit itself will say what is wrong.
                continue

    def update(self, **changes: Any) -> Head:
        """Note what has been done, and be heard of.

        Raises:
            EngineUnavailable: others took it for dead.
        """

        def changed(head: Head) -> Head:
            return head.with_work(self.name, replace(self.work(head), beat=time.time(), **changes))

        return self._ledger.update(changed)

    def build_on_current(self) -> Head:
        """Build on the commit that counts now; raises as `update`."""

        def changed(head: Head) -> Head:
            work = replace(self.work(head), beat=time.time(), base=head.number)
            if not work.fresh:
                work = replace(work, target=head.content.documents)
            return head.with_work(self.name, work)

        return self._ledger.update(changed)

    def work(self, head: Head) -> Work:
        """Return what ``head`` says of it; raises as `update`."""
        found = head.works.get(self.name)
        if found is None:
            raise EngineUnavailable(
                f"{self._ledger.place}: this process was not heard of for {_SILENCE:.0f} seconds and others undid "
                "what it had written; nothing was committed, run it again"
            )
        return found

    def begin_anew(self) -> Head:
        """Write everything anew to an index of its own from now on; else as `update`.

        Raises:
            IndexLocked: others are writing.
        """

        def changed(head: Head) -> Head:
            others = [
                work for name, work in head.works.items() if name != self.name and not is_dead(name, work)
            ]
            if others:
                raise _locked(self._ledger, others[0])
            build = head.build + 1
            work = replace(self.work(head), fresh=True, target=self._ledger.documents_name(build))
            return replace(head, build=build).with_work(self.name, work)

        return self._ledger.update(changed)

    def stop(self) -> None:
        """Beat no more; what the head says stays."""
        self._ended.set()
        self._thread.join()
        _alive_here.discard(self.name)

    def give_up(self) -> None:
        """Leave it to whoever comes next to go on."""
        self.stop()
        self._ledger.update(
            lambda head: (
                head.with_work(self.name, replace(head.works[self.name], beat=0.0))
                if self.name in head.works
                else None
            )
        )

    def remove(self) -> None:
        """Take it out of the head."""
        self.stop()
        self._ledger.update(lambda head: head.with_work(self.name, None) if self.name in head.works else None)


def register(ledger: Ledger, *, fresh: bool, timeout: float) -> Registration:
    """Make a commit known, or take over a dead one of the same kind that can be gone on with.

    With ``fresh`` it waits until nobody else is writing, and gets an index of its own to write to; else it waits until
    nobody writes everything anew.

    Raises:
        IndexLocked: the others don't finish within ``timeout`` seconds.
    """
    deadline = time.monotonic() + timeout
    name = secrets.token_hex(_BYTES_OF_NAME)
    while True:
        attempt = _Attempt(ledger, name, fresh)
        ledger.update(attempt)
        if attempt.holder is None:
            return Registration(ledger, attempt.name, taken_over=attempt.taken_over)
        if time.monotonic() > deadline:
            raise _locked(ledger, attempt.holder)
        time.sleep(_LOOK_AGAIN)


class _Attempt:
    """A change of the head that registers a commit, or takes over a dead one; else ``holder`` is in the way."""

    def __init__(self, ledger: Ledger, name: str, fresh: bool) -> None:
        self.name = name
        self.taken_over = False
        self.holder: Work | None = None
        self._ledger = ledger
        self._own_name = name
        self._fresh = fresh

    def __call__(self, head: Head) -> Head | None:
        fresh = self._fresh
        alive = [work for name, work in head.works.items() if not is_dead(name, work)]
        self.holder = next((work for work in alive if fresh or work.fresh), None)
        if self.holder is not None:
            return None
        for name, work in head.works.items():
            if is_dead(name, work) and work.fresh == fresh and work.base == head.number and work.state:
                self.name, self.taken_over = name, True
                return head.with_work(name, _mine(work))
        self.name, self.taken_over = self._own_name, False
        build = head.build + fresh
        new = Work(
            host=socket.gethostname(),
            process=os.getpid(),
            beat=time.time(),
            fresh=fresh,
            target=self._ledger.documents_name(build) if fresh else head.content.documents,
            base=head.number,
        )
        return replace(head, build=build).with_work(self.name, new)


def claim_dead(ledger: Ledger) -> list[Registration]:
    """Take over all that are dead, to undo them."""
    claimed: list[str] = []

    def claim(head: Head) -> Head | None:
        claimed[:] = [name for name, work in head.works.items() if is_dead(name, work)]
        for name in claimed:
            head = head.with_work(name, _mine(head.works[name]))
        return head if claimed else None

    ledger.update(claim)
    return [Registration(ledger, name, taken_over=True) for name in claimed]


def is_dead(name: str, work: Work) -> bool:
    """Say whether nobody goes on with it."""
    if work.host == socket.gethostname():
        if work.process == os.getpid() and name not in _alive_here:
            return True
        if not _runs(work.process):
            return True
    return abs(time.time() - work.beat) > _SILENCE


def _mine(work: Work) -> Work:
    return replace(work, host=socket.gethostname(), process=os.getpid(), beat=time.time())


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _locked(ledger: Ledger, work: Work) -> IndexLocked:
    holder = f"process {work.process} on {work.host}"
    doing = "writes the index anew" if work.fresh else "is writing to it"
    return IndexLocked(f"{ledger.place}: {holder} {doing}; wait for it, or stop it", holder=holder)
