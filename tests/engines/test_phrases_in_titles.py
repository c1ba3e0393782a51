import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_collections import commit

from searchkit.document import Document
from searchkit.engines.whoosh import phrases_in_titles
from searchkit.engines.whoosh.phrase import match_any
from searchkit.query.plan import PhraseWord

WORDS = ["ab", "cd", "ef", "gh", "모델", "확산모델", "x1", *(f"w{number}" for number in range(300))]
WORD = st.one_of(st.sampled_from(WORDS[:6]), st.sampled_from(WORDS))
TITLES = st.lists(st.lists(WORD, max_size=9), min_size=1, max_size=12)
PLACE = st.lists(WORD, min_size=1, max_size=3, unique=True)
PHRASES = st.lists(st.lists(PLACE, min_size=1, max_size=3), min_size=1, max_size=3)


def holds(title, phrase):
    return any(
        all(title[at + shift] in place for shift, place in enumerate(phrase))
        for at in range(len(title) - len(phrase) + 1)
    )


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    TITLES,
    PHRASES,
    st.sampled_from([1, 2, 3, 7, 48]),
    st.sampled_from([0, 1, 8]),
    st.sampled_from([1, 3, 64]),
)
def test_phrases_in_titles_are_found_however_they_are_read(
    tmp_path_factory, monkeypatch, titles, phrases, title_bytes, anchor_codes, at_once
):
    monkeypatch.setattr(phrases_in_titles, "_TITLE_BYTES", title_bytes)
    monkeypatch.setattr(phrases_in_titles, "ANCHOR_CODES", anchor_codes)
    monkeypatch.setattr(phrases_in_titles, "_AT_ONCE", at_once)
    documents = [
        Document(id=f"{number:02}", title=" ".join(title), bullets=["ab cd. ef gh 모델"])
        for number, title in enumerate(titles)
    ]
    wanted = [[PhraseWord(tuple(place)) for place in phrase] for phrase in phrases]
    with commit(tmp_path_factory.mktemp("index"), [documents]) as generation:
        found = match_any(generation, generation.segments[0], wanted, "title", None)
    assert found.tolist() == [any(holds(title, phrase) for phrase in phrases) for title in titles]


def test_titles_are_read_as_far_as_they_go(tmp_path):
    long = " ".join(WORDS[7:60])
    documents = [
        Document(id="a", title=f"{long} ab cd"),
        Document(id="b", title="ab", bullets=["cd"]),
        Document(id="c", title="ab cd", bullets=[long]),
        Document(id="d", title=f"ab {long} cd"),
    ]
    with commit(tmp_path, [documents]) as generation:
        wanted = [[PhraseWord(("ab",)), PhraseWord(("cd",))]]
        found = match_any(generation, generation.segments[0], wanted, "title", None)
        assert np.flatnonzero(found).tolist() == [0, 2]
        within = np.array([False, True, True, True])
        found = match_any(generation, generation.segments[0], wanted, "title", within)
        assert np.flatnonzero(found & within).tolist() == [2]


def test_codes_may_be_cut_off_anywhere(tmp_path, monkeypatch):
    documents = [Document(id="a", title=" ".join(WORDS[7:])), Document(id="b", title="w298 w299 w297")]
    with commit(tmp_path, [documents]) as generation:
        for title_bytes in range(1, 9):
            monkeypatch.setattr(phrases_in_titles, "_TITLE_BYTES", title_bytes)
            for first, second, expected in (
                ("w298", "w299", [0, 1]),
                ("w299", "w297", [1]),
                ("w297", "w298", [0]),
            ):
                wanted = [[PhraseWord((first,)), PhraseWord((second,))]]
                found = match_any(generation, generation.segments[0], wanted, "title", None)
                assert np.flatnonzero(found).tolist() == expected
