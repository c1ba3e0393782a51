"""How sources stand: what two writers did at once is added up, and a run that isn't over leaves nothing out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.index.state import Entry, FileState, RootState, SourcesState

NAMES = st.sampled_from(["a", "b", "c"])
HASHES = st.sampled_from(["1", "2"])
FILES = st.dictionaries(NAMES, HASHES.map(lambda h: FileState(h, (Entry(f"id{h}", 1, h),))), max_size=3)


@st.composite
def states(draw):
    roots = {
        name: RootState(f"typed {name}", name, draw(FILES)) for name in draw(st.sets(NAMES, max_size=3))
    }
    hashes = st.dictionaries(NAMES, HASHES, max_size=3)
    return SourcesState(roots, draw(hashes), draw(hashes))


def flat(state):
    found = {("root", real): root.typed for real, root in state.roots.items()}
    found |= {
        ("file", real, inside): file
        for real, root in state.roots.items()
        for inside, file in root.files.items()
    }
    found |= {("library", name): value for name, value in state.library.items()}
    return found | {("deleted", name): value for name, value in state.deleted.items()}


@settings(max_examples=200)
@given(states(), states(), states())
def test_what_only_one_changed_counts(base, mine, theirs):
    before, ours, others = flat(base), flat(mine), flat(theirs)
    merged = flat(mine.merged(base, theirs))
    for key in {*before, *ours, *others}:
        old, one, other = before.get(key), ours.get(key), others.get(key)
        if key[0] == "file" and ("root", key[1]) not in merged:
            assert key not in merged
        elif one != old:
            assert merged.get(key) == one, key
        elif key[0] != "root" or mine.roots.get(key[1]) == base.roots.get(key[1]):
            assert merged.get(key) == other, key


@given(states(), states())
def test_a_merge_with_nobody_changes_nothing(base, mine):
    assert flat(mine.merged(base, base)) == flat(mine)
    assert flat(base.merged(base, mine)).items() >= {
        key: value for key, value in flat(mine).items() if key[0] in ("library", "deleted")
    }.items()


@given(states(), states())
def test_a_run_that_is_not_over_keeps_what_it_has_not_come_to(done, old):
    kept = done.before(old)
    assert kept.roots.keys() == {*old.roots, *done.roots}
    for real, root in kept.roots.items():
        came = done.roots[real].files if real in done.roots else {}
        rest = old.roots[real].files if real in old.roots else {}
        assert root.files == {**rest, **came}
    assert kept.library == done.library


def test_a_copy_changes_alone():
    state = SourcesState(library={"a": "1"}, deleted={"b": "2"})
    copy = state.copy()
    copy.library["c"], copy.deleted["d"] = "3", "4"
    assert (state.library, state.deleted) == ({"a": "1"}, {"b": "2"})
