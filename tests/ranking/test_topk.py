import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchkit.ranking import topk
from searchkit.ranking.impacts import padded
from searchkit.ranking.postings import DensePostings, Postings
from searchkit.ranking.rare_impacts import RareImpacts
from searchkit.ranking.scratch import Scratch
from searchkit.ranking.word_impacts import word_impacts


@st.composite
def segments(draw):
    """A segment of up to 12,000 documents, up to 12 weighted terms, as postings, dense float64 tables, and words."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    doc_count = draw(st.sampled_from([1, 5, 255, 256, 257, 600, 2000, 12_000]))
    # Few distinct lengths and frequencies make many ties.
    factors = random.choice([0.5, 0.9, 1.4], doc_count)
    terms, tables = [], []
    words: dict[int, list[tuple[Postings, np.ndarray, float]]] = {}
    for _ in range(draw(st.integers(1, 12))):
        share = draw(st.sampled_from([0.002, 0.02, 0.06, 0.3, 0.9]))
        holds = random.random(doc_count) < share
        holds[random.integers(doc_count)] = True
        docs = np.flatnonzero(holds).astype(np.uint32)
        dtype = draw(st.sampled_from([np.uint8, np.uint32]))
        frequencies = (
            random.integers(1, draw(st.sampled_from([2, 4, 300])), len(docs)).clip(1, 255).astype(dtype)
        )
        gain = draw(st.sampled_from([0.3, 1.0, 1.7, 8.0]))
        dense = draw(st.booleans())
        counts = np.zeros(doc_count, dtype)
        counts[docs] = frequencies
        term = DensePostings(counts, len(docs)) if dense else Postings(docs, frequencies)
        table = np.zeros(doc_count)
        table[docs] = gain * (frequencies / (frequencies + factors[docs]))
        terms.append((term, gain))
        tables.append(table)
        words.setdefault(draw(st.integers(0, 11)), []).append((term, factors.astype(np.float32), gain))
    share = draw(st.sampled_from([1, 8, 32]))
    scratch = Scratch()
    most = draw(st.sampled_from([0, 10**9]))
    impacts = [
        word_impacts(parts, doc_count, scratch, common_share=share, most_in_columns=most)
        for parts in words.values()
    ]
    return doc_count, factors, terms, tables, impacts


@settings(max_examples=200)
@given(segments(), st.sampled_from([1, 3, 10, 500, 5000]), st.booleans())
def test_the_best_are_among_the_candidates(segment, k, filtered):
    doc_count, factors, terms, tables, words = segment
    scores = np.sum(tables, axis=0)
    allowed = np.random.default_rng(k).random(doc_count) < 0.4 if filtered else None
    if allowed is not None:
        scores = np.where(allowed, scores, 0.0)
    scratch = Scratch()
    for _ in range(2):  # the second time on used accumulators
        found, rounded = topk.best(words, k, doc_count=doc_count, scratch=scratch, allowed=allowed)
        assert (np.diff(found) > 0).all()
        assert (scores[found] > 0).all()
        np.testing.assert_allclose(rounded, scores[found], rtol=1e-5)
        positive = np.flatnonzero(scores > 0)
        kth = np.sort(scores[positive])[-k] if len(positive) >= k else 0.0
        expected = positive[scores[positive] >= kth]
        assert set(expected.tolist()) <= set(found.tolist())
        exact = topk.exact([(term, gain, factors[found]) for term, gain in terms], found)
        np.testing.assert_allclose(exact, scores[found], rtol=1e-12)


@settings(max_examples=50)
@given(segments())
def test_frequencies_are_found_for_any_documents(segment):
    doc_count, factors, terms, tables, words = segment
    for docs in (np.arange(doc_count), np.arange(0, doc_count, 7), np.zeros(0, np.intp)):
        for (term, gain), table in zip(terms, tables):
            found = term.frequency_at(docs).astype(np.float64)
            np.testing.assert_allclose(gain * found / (found + factors[docs]), table[docs])
        marked = np.zeros(doc_count, np.bool_)
        terms[0][0].mark(marked)
        assert (marked == (tables[0] > 0)).all()
    marked = np.zeros(doc_count, np.bool_)
    for word in words:
        word.mark(marked)
    assert (marked == (np.sum(tables, axis=0) > 0)).all()


@settings(max_examples=50)
@given(segments())
def test_words_add_up_what_their_terms_add(segment):
    doc_count, _, _, tables, words = segment
    for docs in (np.arange(doc_count), np.arange(0, doc_count, 7)):
        found = np.zeros(len(docs), np.float32)
        for word in words:
            before = found.copy()
            word.add_at(docs, found)
            assert ((found > before) == word.holds(docs)).all()
        np.testing.assert_allclose(found, np.sum(tables, axis=0)[docs], rtol=1e-5)
    sums = np.zeros(padded(doc_count), np.float32)
    for word in words:
        word.add_to(sums)
    np.testing.assert_allclose(sums[:doc_count], np.sum(tables, axis=0), rtol=1e-5)


def test_a_score_is_the_same_whatever_else_is_scored():
    random = np.random.default_rng(1)
    docs = np.arange(5000)
    factors = random.random(5000) + 0.5
    terms = [
        (Postings(docs, random.integers(1, 9, 5000).astype(np.uint8)), gain, factors)
        for gain in (0.1, 0.7, 1.3, 2.9, 0.33, 0.21, 4.0, 0.9, 1.1)
    ]
    whole = topk.exact(terms, docs).tolist()
    for size in (1, 7, 700):
        at = slice(50, 50 + size)
        some = [(term, gain, own[at]) for term, gain, own in terms]
        assert topk.exact(some, docs[at]).tolist() == whole[at]


def test_an_interrupted_query_leaves_no_scores_behind():
    term = RareImpacts(np.array([1, 3]), np.array([2.5, 2.5], np.float32))
    broken = RareImpacts(np.array([9999]), np.ones(1, np.float32))
    scratch = Scratch()
    with pytest.raises(IndexError):
        topk.best([term, broken], 1, doc_count=1000, scratch=scratch)
    other = RareImpacts(np.array([1, 4]), np.array([0.5, 0.5], np.float32))
    found, _ = topk.best([other, other], 10, doc_count=1000, scratch=scratch)
    assert found.tolist() == [1, 4]
    assert scratch.zeros(10).tolist() == [0.0] * 10


def test_each_thread_has_its_own_accumulators():
    scratch = Scratch()
    mine = scratch.zeros(10)
    theirs = []
    thread = threading.Thread(target=lambda: theirs.append(scratch.zeros(10)))
    thread.start()
    thread.join()
    assert not np.shares_memory(mine, theirs[0])
