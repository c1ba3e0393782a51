from pathlib import Path

from bench.topics import Topic, Without, judge, use_glossary
from searchkit import SearchIndex
from searchkit.analysis.glossary import name_key

SEEDS = Path(__file__).resolve().parents[2] / "seeds"


def test_a_topic_is_judged_without_what_the_glossary_says_of_it(tmp_path: Path) -> None:
    with SearchIndex.build(SEEDS, tmp_path / "index") as index:
        snapshot = index._current().snapshot
        glossary = snapshot.glossary
        best = index.search("대규모 언어 모델").hits[0].document.id
        topic = Topic("대규모 언어 모델", "Large Language Models", 1, frozenset({best}))
        without = Without(glossary, topic)

        def names(key: str) -> tuple[set[str], set[str]]:
            return tuple(
                {name_key(each.spellings[0]) for each in one.translations(key)} for one in (glossary, without)
            )

        known, left = names(name_key(topic.korean))
        assert known - left == {name_key(topic.english)}
        assert left
        known, left = names(name_key("강화 학습"))
        assert known == left
        asked: list[Topic] = []

        def prepare(each: Topic) -> None:
            asked.append(each)
            use_glossary(snapshot, without)

        (score,) = judge(index, [topic], prepare)
        assert asked == [topic]
        assert score > 0
