from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter

import pytest
from analysis_terms import CORPUS, ROOT, SEEDS, lines_of

from searchkit.analysis.analyzer import WordAnalyzer, is_hangul
from searchkit.analysis.dictionary import Morpheme
from searchkit.analysis.korean import KoreanAnalyzer
from searchkit.analysis.token import Context, Kind, WordKey
from searchkit.analysis.units import join_units
from searchkit.analysis.words import split


def test_kiwi_is_not_loaded_without_need() -> None:
    code = (
        "import sys, json\n"
        "from searchkit.analysis.analyzer import WordAnalyzer, analyze_text\n"
        "analyzer = WordAnalyzer()\n"
        "analyzer.fingerprint, analyzer.versions(), analyze_text('GPT-4o 学習 https://a.io/b', analyzer)\n"
        "print(json.dumps([analyzer.loaded, sorted({'kiwipiepy', 'numpy'} & sys.modules.keys())]))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert json.loads(result.stdout) == [False, []]


def test_a_batch_gives_what_single_words_give(analyzer: WordAnalyzer) -> None:
    texts = lines_of(SEEDS)[:60]
    keys = list(dict.fromkeys(word.key for text in texts for word in split(text)))
    together = analyzer.analyze(keys)
    assert together == [analyzer.analyze([key])[0] for key in keys], "help: see _parts in analysis/korean.py"
    assert together[::-1] == analyzer.analyze(keys[::-1])


@pytest.mark.parametrize("remembered", [50, 10_000])
def test_words_that_are_remembered_have_the_same_terms(analyzer: WordAnalyzer, remembered: int) -> None:
    words = [word.key.form for text in lines_of(SEEDS)[:60] for word in split(text)]
    keys = [WordKey(context, form) for form in dict.fromkeys(filter(is_hangul, words)) for context in Context]
    korean = KoreanAnalyzer(remembered=remembered)
    batches = [keys[start : start + 40] for start in range(0, len(keys), 30)]
    found = [tokens for batch in batches for tokens in korean.analyze(batch)]
    assert found == analyzer.analyze([key for batch in batches for key in batch])


def test_threads_share_one_analyzer() -> None:
    analyzer = WordAnalyzer()
    keys = [WordKey(Context.FREE, form) for form in ("모델을", "생물학자", "이끄는", "비급여")]
    results: list[object] = []
    threads = [
        threading.Thread(target=lambda: results.append([analyzer.analyze(keys) for _ in range(20)]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(result == results[0] for result in results)


def test_explanations_name_every_morpheme(analyzer: WordAnalyzer) -> None:
    told = analyzer.explain(WordKey(Context.FREE, "양자화했다"))
    assert [(morpheme.form, morpheme.tag) for morpheme in told][:2] == [("양자", "NNG"), ("화", "XSN")]
    assert told[1].outcome == "joined into 양자화"
    assert "dropped" in told[-1].outcome
    glued = analyzer.explain(WordKey(Context.GLUED, "에서는"))
    assert [(morpheme.form, morpheme.outcome) for morpheme in glued] == [
        ("에서", "a particle, dropped"),
        ("는", "a particle, dropped"),
    ]
    assert analyzer.explain(WordKey(Context.FREE, "gpt-4"))[-1].outcome == "a whole identifier"


def test_words_alone_are_cut_as_in_their_sentences() -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"{CORPUS} is not there")
    korean = KoreanAnalyzer()
    texts = [line[2:] for line in lines_of(CORPUS)[::7] if line.startswith("- ")]
    in_context = korean.tokenize(texts)
    split_texts = [[word for word in split(text) if is_hangul(word.key.form)] for text in texts]
    keys = list(dict.fromkeys(word.key for words in split_texts for word in words))
    alone = {
        key: [token.text for token in tokens if token.kind is Kind.BASE]
        for key, tokens in zip(keys, korean.analyze(keys), strict=True)
    }
    agreed: Counter[bool] = Counter()
    for words, morphemes in zip(split_texts, in_context, strict=True):
        for word in words:
            inside = [
                Morpheme(form, tag, start - word.start, length, unknown)
                for form, tag, start, length, unknown in morphemes
                if word.start <= start < word.end
            ]
            agreed[[unit.text for unit in join_units(inside)] == alone[word.key]] += 1
    share = agreed[True] / agreed.total()
    assert share >= 0.975, f"help: only {share:.1%} agree; run bench/preanalysed.py"
