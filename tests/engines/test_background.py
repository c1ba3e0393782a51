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


def test_what_goes_wrong_is_raised_and_ends_all_that_follows():
    background, go_on, done = Background(), threading.Event(), []
    background.start(lambda: 1 // (0 * go_on.wait(10)))
    background.start(lambda: done.append(1))
    go_on.set()
    with pytest.raises(ZeroDivisionError):
        background.wait()
    background.wait()
    background.close()
    assert not done


def test_much_work_is_waited_for():
    background, go_on, done = Background(), threading.Event(), []
    for number in range(8):
        background.start(lambda number=number: done.append((number, go_on.wait(10))))
    go_on.set()
    background.start(lambda: done.append((8, True)))
    assert done[0] == (0, True)
    background.wait()
    assert done == [(number, True) for number in range(9)]
    background.close()


def test_closing_ends_what_is_being_done_and_begins_nothing():
    background, begun, done = Background(), threading.Event(), []
    background.start(lambda: done.append(begun.wait(10)))
    background.start(lambda: done.append(2))
    threading.Timer(0.1, begun.set).start()
    background.close()
    assert done == [True]
