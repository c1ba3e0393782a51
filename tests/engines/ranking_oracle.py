"""The slow way to search: every node decided and every score added up for one document after the other."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter

from small_collections import plain_tokens

from searchkit.analysis.token import Kind, Layer
from searchkit.analysis.words import split
from searchkit.query import plan as nodes
from searchkit.ranking.bm25 import LENGTH_TABLE, encode_lengths
from searchkit.ranking.weights import K1, B

LAYER_OF = {Kind.PART: Layer.PARTS, Kind.IDENTIFIER: Layer.IDENTIFIERS, Kind.SURFACE: Layer.SURFACE}


class Oracle:
    def __init__(self, documents):
        self.documents = {document.id: document for document in documents}
        self.items = {}
        self.frequencies = {}
        self._statistics = {}
        for document in documents:
            texts = [document.title, *document.bullets, *filter(None, document.labels)]
            self.items[document.id] = [[word.key for word in split(text)] for text in texts]
            self.frequencies[document.id] = self._frequencies(document)
        self.lengths = {
            layer: {key: sum(found[layer].values()) for key, found in self.frequencies.items()}
            for layer in Layer
        }

    def _frequencies(self, document):
        found = {layer: Counter() for layer in Layer}
        for number, words in enumerate(self.items[document.id]):
            base = Layer.TITLE if number == 0 else Layer.BULLETS if number <= len(document.bullets) else None
            for key in words:
                found[Layer.SURFACE][key.form] += 1
                for token in plain_tokens(key):
                    layer = base if token.kind is Kind.BASE else LAYER_OF[token.kind]
                    if layer is not None:
                        found[layer][token.text] += 1
        return found

    def statistics(self, layer, text):
        """Return idf and average length."""
        found = self._statistics.get((layer, text))
        if found is None:
            lengths = [length for length in self.lengths[layer].values() if length]
            doc_freq = sum(1 for found in self.frequencies.values() if found[layer][text])
            idf = math.log(1 + (len(lengths) - doc_freq + 0.5) / (doc_freq + 0.5))
            found = self._statistics[layer, text] = idf, sum(lengths) / max(len(lengths), 1)
        return found

    def term_score(self, term, key):
        tf = self.frequencies[key][term.layer][term.text]
        if not tf:
            return 0.0
        idf, average = self.statistics(term.layer, term.text)
        rounded = int(LENGTH_TABLE[encode_lengths(self.lengths[term.layer][key])])
        return term.weight * idf * tf / (tf + K1 * (1 - B + B * rounded / average))

    def score(self, node, key):
        if isinstance(node, (nodes.AnyTerm, nodes.Phrase, nodes.InField)):
            return sum(self.term_score(term, key) for term in node.terms)
        if isinstance(node, (nodes.And, nodes.Or)):
            return sum(self.score(child, key) for child in node.children)
        if isinstance(node, nodes.Id):
            return node.boost if self.matches(node, key) else 0.0
        return 0.0

    def matches(self, node, key):
        document = self.documents[key]
        match node:
            case nodes.AnyTerm(terms):
                return any(self.frequencies[key][term.layer][term.text] for term in terms)
            case nodes.And(children):
                return all(self.matches(child, key) for child in children)
            case nodes.Or(children):
                return any(self.matches(child, key) for child in children)
            case nodes.Not(child):
                return not self.matches(child, key)
            case nodes.Phrase(words, _, field):
                return self._phrase(words, field, key)
            case nodes.InField(forms, _, field):
                return self._phrase((nodes.PhraseWord(forms),), field, key)
            case nodes.DateRange(since, until):
                date = document.date
                return date is not None and (since or "") <= date <= (until or "9999")
            case nodes.MinVotes(votes):
                return document.votes is not None and document.votes >= votes
            case nodes.Id(value):
                return value in {key, document.arxiv_id}
            case nodes.Author(words, prefix):
                return any(_is_name(name, words, prefix) for name in document.authors)
            case nodes.Everything():
                return True
        raise AssertionError(node)

    def _phrase(self, words, field, key):
        items = self.items[key]
        chosen = items if field is None else items[:1] if field == "title" else items[1:]
        for item in chosen:
            for start in range(len(item) - len(words) + 1):
                if all(_fits(word, item[start + at]) for at, word in enumerate(words)):
                    return True
        return False

    def matching(self, plan):
        return {
            key
            for key in self.documents
            if self.matches(plan.root, key) and all(self.matches(node, key) for node in plan.filters)
        }

    def ranked(self, plan, sort="relevance"):
        """Return (id, score), best first."""
        scores = {key: self.score(plan.root, key) for key in self.matching(plan)}
        if sort == "relevance" and not _scores(plan.root):
            sort = "date"

        def order(key):
            document = self.documents[key]
            # Scores that differ only by rounding are ties, and those go by id.
            rest = (-round(scores[key], 9), key)
            if sort == "date":
                return (-int((document.date or "0").replace("-", "")), *rest)
            if sort == "votes":
                return (math.inf if document.votes is None else -document.votes, *rest)
            return rest

        return [(key, scores[key]) for key in sorted(scores, key=order)]

    def facets(self, plan):
        matching = [self.documents[key] for key in self.matching(plan)]
        months = Counter(document.date[:7] for document in matching if document.date)
        authors = Counter(name for document in matching for name in set(document.authors))
        return {
            "month": sorted(months.items(), key=lambda entry: (-entry[1], entry[0])),
            "author": sorted(authors.items(), key=lambda entry: (-entry[1], entry[0])),
        }


def _scores(node):
    match node:
        case nodes.AnyTerm() | nodes.Phrase() | nodes.InField():
            return bool(node.terms)
        case nodes.And(children) | nodes.Or(children):
            return any(_scores(child) for child in children)
        case nodes.Id():
            return bool(node.boost)
    return False


def _fits(word, key):
    if key.form in word.forms:
        return True
    base = tuple(token.text for token in plain_tokens(key) if token.kind is Kind.BASE)
    return word.tail and base == word.base and any(key.form.startswith(form) for form in word.forms)


def _is_name(name, words, prefix):
    pieces = re.findall(r"\w+", unicodedata.normalize("NFC", name).casefold())
    wanted = [piece for word in words for piece in re.findall(r"\w+", word.casefold())]
    if prefix:
        return bool(wanted) and all(any(piece.startswith(part) for piece in pieces) for part in wanted)
    return bool(wanted) and all(part in pieces for part in wanted)
