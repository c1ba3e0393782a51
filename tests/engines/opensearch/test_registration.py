"""Who is at work on an index, who has to wait, and who is dead."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from searchkit.engines.opensearch.address import parse_address
from searchkit.engines.opensearch.connection import Connection
from searchkit.engines.opensearch.head import Content, Head, Work
from searchkit.engines.opensearch.ledger import Ledger
from searchkit.engines.opensearch.registration import claim_dead, is_dead, register
from searchkit.engines.whoosh.manifest import FileRecord
from searchkit.errors import EngineUnavailable, IndexLocked

NOBODY = 2**22 + 5
"""No process has so high a number."""


@pytest.fixture
def ledger(cluster_address: str) -> Iterator[Ledger]:
    with Connection(parse_address(cluster_address)) as connection:
        ledger = Ledger(connection)
        ledger.create(Head(number=0, content=Content(documents=ledger.documents_name(1))))
        yield ledger


def work(**changes: object) -> Work:
    mine = Work(
        host=socket.gethostname(),
        process=os.getpid(),
        beat=time.time(),
        fresh=False,
        target="papers-000001",
        base=0,
    )
    return replace(mine, **changes)  # type: ignore[arg-type]


def test_who_is_dead() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_dead("x", work(process=ended.pid))
    assert not is_dead("x", work(process=ended.pid, host="elsewhere"))
    assert is_dead("x", work(host="elsewhere", beat=time.time() - 1000))
    # Another of this number, in another container, or one whose end could not be told to the cluster.
    assert is_dead("x", work())
    # The parent goes on, unless it has given up.
    assert not is_dead("x", work(process=os.getppid()))
    assert is_dead("x", work(process=os.getppid(), beat=0.0))


def test_several_write_and_one_that_builds_anew_is_alone(ledger: Ledger) -> None:
    one = register(ledger, fresh=False, timeout=0)
    other = register(ledger, fresh=False, timeout=0)
    with pytest.raises(IndexLocked, match=f"process {os.getpid()} on .* is writing to it"):
        register(ledger, fresh=True, timeout=0.3)
    with pytest.raises(IndexLocked):
        one.begin_anew()
    other.remove()
    head = one.begin_anew()
    assert one.work(head).target == ledger.documents_name(2)
    with pytest.raises(IndexLocked, match="writes the index anew"):
        register(ledger, fresh=False, timeout=0)
    one.remove()
    anew = register(ledger, fresh=True, timeout=0)
    assert anew.work(anew.update()).target == ledger.documents_name(3)
    anew.remove()


def test_what_can_be_gone_on_with_is_taken_over(ledger: Ledger) -> None:
    state = FileRecord("x.y.src.z", 1, 0)
    ledger.update(lambda head: head.with_work("old", work(process=NOBODY, state=state)))
    ledger.update(lambda head: head.with_work("stateless", work(process=NOBODY)))
    ledger.update(lambda head: head.with_work("late", work(process=NOBODY, state=state, base=3)))
    ledger.update(lambda head: head.with_work("fresh", work(process=NOBODY, state=state, fresh=True)))
    taken = register(ledger, fresh=False, timeout=0)
    assert (taken.name, taken.taken_over) == ("old", True)
    new = register(ledger, fresh=False, timeout=0)
    assert not new.taken_over
    claimed = claim_dead(ledger)
    assert {each.name for each in claimed} == {"stateless", "late", "fresh"}
    assert claim_dead(ledger) == []
    for each in (*claimed, new):
        each.remove()
    taken.give_up()
    assert is_dead("old", ledger.update(lambda head: None).works["old"])


def test_who_was_claimed_by_others_hears_of_it(ledger: Ledger) -> None:
    mine = register(ledger, fresh=False, timeout=0)
    ledger.update(lambda head: head.with_work(mine.name, None))
    with pytest.raises(EngineUnavailable, match="was not heard of"):
        mine.update()
    mine.remove()
