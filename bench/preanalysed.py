"""Propose the words of searchkit/analysis/data/preanalysed.txt, from folders of digests.

    python bench/preanalysed.py seeds ../shared/corpus/2024 > proposal.txt

A word is proposed where the analysis of the word alone differs from what Kiwi makes of it in sentences, in
80 % or more of at least five cases, and always in the same way. Somebody has to read the proposal: sentences
of one kind also teach mistakes.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

from searchkit.analysis.analyzer import is_hangul
from searchkit.analysis.dictionary import Morpheme
from searchkit.analysis.korean import KoreanAnalyzer
from searchkit.analysis.token import Context, WordKey
from searchkit.analysis.units import join_units
from searchkit.analysis.words import Word, split

MIN_COUNT = 5
MIN_SHARE = 0.8


def bullets(folders: list[str]) -> list[str]:
    texts = []
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.md")):
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            texts.extend(line[2:].strip() for line in lines if line.startswith("- "))
    return texts


def terms(morphemes: tuple[Morpheme, ...]) -> tuple[str, ...]:
    return tuple(unit.text for unit in join_units(morphemes))


def cuts_in_context(texts: list[str]) -> dict[str, Counter[tuple[Morpheme, ...]]]:
    analyzer = KoreanAnalyzer()
    cuts: dict[str, Counter[tuple[Morpheme, ...]]] = defaultdict(Counter)
    for text, morphemes in zip(texts, analyzer.tokenize(texts), strict=True):
        for word in split(text):
            if is_hangul(word.key.form) and word.key.context is Context.FREE and word.offsets is None:
                inside = within(word, morphemes)
                if inside is not None:
                    cuts[word.key.form][inside] += 1
    return cuts


def within(word: Word, morphemes: list[Morpheme]) -> tuple[Morpheme, ...] | None:
    """Return the morphemes of ``word``, None if one of them reaches over its edge."""
    inside = []
    for morpheme in morphemes:
        end = morpheme.start + morpheme.length
        if morpheme.start >= word.end:
            break
        if end > word.start or (morpheme.start >= word.start and end <= word.end and inside):
            if morpheme.start < word.start or end > word.end:
                return None
            inside.append(morpheme._replace(start=morpheme.start - word.start))
    return tuple(inside)


def main() -> None:
    texts = bullets(sys.argv[1:])
    cuts = cuts_in_context(texts)
    forms = [form for form, counts in cuts.items() if counts.total() >= MIN_COUNT]
    alone = KoreanAnalyzer(known={}).cut([WordKey(Context.FREE, form) for form in forms])
    proposals = []
    for form, morphemes in zip(forms, alone, strict=True):
        ways: dict[tuple[str, ...], Counter[tuple[Morpheme, ...]]] = defaultdict(Counter)
        for cut, count in cuts[form].items():
            ways[terms(cut)][cut] += count
        way, counts = max(ways.items(), key=lambda item: item[1].total())
        if way != terms(tuple(morphemes)) and counts.total() >= MIN_SHARE * cuts[form].total():
            best = counts.most_common(1)[0][0]
            proposals.append((counts.total(), form, best, terms(tuple(morphemes))))
    for count, form, cut, was in sorted(proposals, key=lambda item: (-item[0], item[1])):
        line = " ".join(f"{text}/{tag}/{start}/{length}" for text, tag, start, length, _ in cut)
        print(f"# {count} times {'+'.join(terms(cut)) or 'nothing'}, alone {'+'.join(was) or 'nothing'}")
        print(f"{form}\t{line}")


if __name__ == "__main__":
    main()
