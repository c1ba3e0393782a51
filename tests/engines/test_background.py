"""Work in a thread of its own: one piece at a time, and nothing that goes wrong is lost."""

import threading

import pytest

from searchkit.engines.whoosh.background import Background


def test_pieces_run_one_after_the_other_beside_the_caller():
    background, go_on, done = Background(), threading.Event(), []
    background.start(lambda: done.append(go_on.wait(10)))
    assert not done
    go_on.set()
    background.start(lambda: done.append(threading.current_thread()))
    background.wait()
    assert done[0] is True
    assert done[1] is not threading.current_thread()
    background.wait()
    background.close()


def test_what_goes_wrong_is_raised_once():
    background = Background()
    background.start(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        background.wait()
    background.wait()
    background.start(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        background.start(lambda: None)
    background.start(lambda: 1 // 0)
    background.close()
