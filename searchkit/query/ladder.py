"""What may have been meant where little is found: a ladder of guesses, from the safest on.

spacing (always tried, for it changes no meaning) → glossary (always tried, too: see `expansion`) → keyboard → 초성 →
spelling → syllables. A word takes the first step
that leads to words of the index; a word that the index knows well takes none. Quoted words, fields and what is
excluded stay as typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from searchkit.analysis.token import Kind, Layer
from searchkit.analysis.words import Word, split
from searchkit.query.alternatives import (
    Alternative,
    any_of,
    map_terms,
    meant,
    terms_of,
    without_worthless,
)
from searchkit.query.chunks import Chunk, are_neighbours, chunks_of, together
from searchkit.query.jamo import is_hangul, typed_initials
from searchkit.query.keyboard import as_english, as_korean
from searchkit.query.known_words import KnownWords
from searchkit.query.plan import Plan, PlanTerm, QueryWeights
from searchkit.query.planner import plan
from searchkit.query.spacing import cut, joined
from searchkit.query.syntax import Group, Note, Parsed, PhraseText, Words
from searchkit.query.syntax import Node as SyntaxNode
from searchkit.query.terms import Vocabulary

LITTLE = 3
"""Fewer documents than these are little."""
STEPS = ("keyboard", "choseong", "spelling", "syllables")
_ORDER = ("spacing", "glossary", "titles", *STEPS)
_BONUS_STEPS = ("keyboard", "spelling")
DAMPING = 0.02
"""What pieces of a broken word are worth where there is a guess of what was meant."""
_MAX_GUESSES = 3
_MAX_SYLLABLE_GUESSES = 10
_MIN_CORRECTED = 2
"""Characters of a word without its particles; almost every single syllable is close to another."""
_MIN_SHARED = 0.3
"""The least share of a word's pairs of syllables that another word must have."""
_MEANING = {
    "spacing": "with other spaces",
    "keyboard": "as on the other keyboard layout",
    "choseong": "as first consonants",
    "spelling": "as a similar spelling",
    "syllables": "as words that share syllables with it",
}


def in_order(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return notes in the order of the ladder's steps, behind those that are about none."""
    return tuple(sorted(notes, key=lambda note: _ORDER.index(note.code) if note.code in _ORDER else -1))


class Ladder:
    """Guesses for one query.

    ``documents`` tells how many documents hold a term; ``weights`` are those of the plan, and ``shares`` what each step
    is worth of them.
    """

    def __init__(
        self,
        parsed: Parsed,
        vocabulary: Vocabulary,
        known: KnownWords,
        documents: Callable[[PlanTerm], int],
        weights: QueryWeights,
        shares: Mapping[str, float],
        *,
        match_all: bool = False,
    ) -> None:
        self._vocabulary = vocabulary
        self._known = known
        self._documents = documents
        self._weights = weights
        self._shares = shares
        self._spaced: list[frozenset[int]] = []
        self._variants: list[Alternative] = []
        self.chunks = list(chunks_of(parsed.node, match_all))
        self._mistyped = {number for chunk in self.chunks if _is_mistyped(chunk) for number in chunk.numbers}
        self._shattered = self._mistyped | {
            number
            for chunk in self.chunks
            for number, word in zip(sorted(chunk.numbers), chunk.words)
            if self._is_shattered(word)
        }

    def spacing(self) -> list[Alternative]:
        """Return what words of the query are when spaces are set otherwise."""
        found: list[Alternative] = []
        for chunk in self.chunks:
            if len(chunk.words) != 1:
                continue
            hangul = is_hangul(chunk.words[0].key.form)
            base = [token for token in self._vocabulary.tokens(chunk.words[0].key) if token.kind is Kind.BASE]
            if not base or all(self._known.base_frequency(token.text) >= LITTLE for token in base):
                continue
            stem = chunk.words[0].key.form[base[0].start : base[-1].start + base[-1].length]
            pieces = cut(stem, self._known.base_frequency, LITTLE)
            if pieces and pieces != tuple(token.text for token in base):
                texts = [" ".join(pieces)]
                if not hangul and self._known.frequency("-".join(pieces)):
                    texts.append("-".join(pieces))
                # Many a word of English is two others by chance: these must stand side by side.
                made = self._alternative(chunk, [(text, 1.0) for text in texts], "spacing", quoted=not hangul)
                if self._known.base_frequency(stem):
                    self._variants += made
                found += made
        free = [None if chunk.required or len(chunk.words) > 1 else chunk for chunk in self.chunks]
        forms = [chunk.words[0].key.form if chunk else "" for chunk in free]
        stems = [self._stem(chunk.words[0]) if chunk else "" for chunk in free]
        for first, last, term in joined(forms, stems, self._known.base_frequency):
            run = [chunk for chunk in free[first : last + 1] if chunk is not None]
            here = self._known.base_frequency(term)
            apart = min(map(self._known.base_frequency, stems[first : last + 1]))
            # A rare way to write what is mostly written apart would outrank it: a rare term is worth much.
            share = here / (here + apart) if here < apart else 1.0
            made = self._alternative(together(run), [(term, share)], "spacing")
            if here < apart:
                self._variants += made
            found += made
        self._spaced = [alternative.words for alternative in found]
        return found

    def _stem(self, word: Word) -> str:
        """Return a word without its particles."""
        base = [token for token in self._vocabulary.tokens(word.key) if token.kind is Kind.BASE]
        if not base or not is_hangul(word.key.form):
            return word.key.form
        return word.key.form[base[0].start : base[-1].start + base[-1].length]

    def found_little(self, made: Plan, total: int) -> bool:
        """Say whether next to nothing was found, apart from pieces of words that the analysis broke."""
        if not self.chunks:
            return False
        return total < LITTLE or (bool(self._shattered) and not self._well_known(made))

    def guesses(self, made: Plan) -> list[Alternative]:
        """Return what may be meant by the words of which little is found with ``made``."""
        return self._guesses(made, LITTLE, STEPS)

    def corrections(self, made: Plan) -> list[Alternative]:
        """Return what may be meant by words that no document holds, where others are found well enough."""
        return self._guesses(made, 1, _BONUS_STEPS)

    def damped(self, made: Plan, guesses: Sequence[Alternative], share: float = DAMPING) -> Plan:
        """Return ``made`` with the pieces of broken words that have a guess worth only ``share``; 0 drops them."""
        broken = self._shattered & {number for guess in guesses for number in guess.words}
        if not broken:
            return made

        def change(term: PlanTerm) -> PlanTerm:
            return replace(term, weight=term.weight * share) if self._is_piece(term, broken) else term

        root = map_terms(made.root, change)
        return replace(made, root=root if share else without_worthless(root))

    def rewritten(self, alternatives: Sequence[Alternative]) -> Parsed:
        """Return the words of the query with the best text of each alternative in their place.

        What is written so as often as the alternative, or in some document at all, stays: that was no slip.
        """
        texts: dict[int, str] = {min(chunk.numbers): chunk.text for chunk in self.chunks}
        for alternative in alternatives:
            if alternative in self._variants:
                continue
            for number in alternative.words:
                texts.pop(number, None)
            texts[min(alternative.words)] = alternative.texts[0]
        pieces = [piece for _, text in sorted(texts.items()) for piece in text.split()]
        words, at = [], 0
        for piece in pieces:
            # Every word needs a place of its own.
            words.append(Words(tuple(word._replace(start=word.start + at) for word in split(piece)), piece))
            at += len(piece) + 1
        return Parsed(Group(tuple(words)))

    def notes(self, alternatives: Sequence[Alternative]) -> list[Note]:
        """Return what to say about alternatives: a note for each step."""
        notes = []
        for code in dict.fromkeys(alternative.code for alternative in alternatives):
            said = [
                f"{alternative.typed!r} {_MEANING[code]}: {', '.join(alternative.texts)}"
                for alternative in alternatives
                if alternative.code == code
            ]
            notes.append(Note(code, f"also searched {'; '.join(dict.fromkeys(said))}"))
        return notes

    def _is_piece(self, term: PlanTerm, broken: set[int]) -> bool:
        """Say whether ``term`` is a piece of a broken word, and not the word itself."""
        return term.word in broken and (term.layer is not Layer.SURFACE or term.word in self._mistyped)

    def _well_known(self, made: Plan) -> bool:
        counts = self._counts(made)
        return any(counts.get(number, 0) >= LITTLE for chunk in self.chunks for number in chunk.numbers)

    def _counts(self, made: Plan) -> dict[int, int]:
        """Return how many documents hold each word, by its best known term; pieces of broken words don't count."""
        counts: dict[int, int] = {}
        for term in terms_of(made.root):
            if self._is_piece(term, self._shattered):
                continue
            counts[term.word] = max(counts.get(term.word, 0), self._documents(term))
        for numbers in self._spaced:
            most = max(counts.get(number, 0) for number in numbers)
            counts.update(dict.fromkeys(numbers, most))
        return counts

    def _guesses(self, made: Plan, enough: int, steps: Sequence[str]) -> list[Alternative]:
        counts = self._counts(made)
        weak = [
            chunk for chunk in self.chunks if all(counts.get(number, 0) < enough for number in chunk.numbers)
        ]
        found: list[Alternative] = []
        if "choseong" in steps:
            found, weak = self._choseong(weak)
        for chunk in weak:
            there = max(counts.get(number, 0) for number in chunk.numbers)
            for step in steps:
                texts = self._step(step, chunk, there)
                if made_of_it := self._alternative(chunk, texts, step):
                    found += made_of_it
                    break
        return sorted(found, key=lambda each: (min(each.words), STEPS.index(each.code)))

    def _step(self, step: str, chunk: Chunk, there: int) -> list[tuple[str, float]]:
        """Return what ``chunk``, which ``there`` documents hold, may mean by one step."""
        if step == "keyboard":
            return self._keyboard(chunk)
        if step == "spelling":
            return self._spelling(chunk, there)
        return self._syllables(chunk) if step == "syllables" and not there else []

    def _keyboard(self, chunk: Chunk) -> list[tuple[str, float]]:
        typed = chunk.text.strip()
        korean = as_korean(typed)
        if korean and self._is_known(korean):
            return [(korean, 1.0)]
        english = as_english(typed)
        return [(english, 1.0)] if len(english) > 1 and self._known.frequency(english) else []

    def _choseong(self, weak: list[Chunk]) -> tuple[list[Alternative], list[Chunk]]:
        """Guess words that are typed by their first consonants, two that are neighbours together; return the others."""
        found: list[Alternative] = []
        left: list[Chunk] = []
        at = 0
        while at < len(weak):
            chunk = weak[at]
            initials = _initials(chunk)
            following = weak[at + 1] if at + 1 < len(weak) else None
            second = _initials(following) if following is not None else ""
            pairs: list[tuple[str, float]] = []
            if following is not None and initials and second and are_neighbours(chunk, following):
                pairs = _ranked(self._known.pairs_with_initials(initials, second, _MAX_GUESSES))
            if pairs and following is not None:
                found += self._alternative(together([chunk, following]), pairs, "choseong", quoted=True)
                at += 2
                continue
            words = self._known.with_initials(initials, _MAX_GUESSES, whole=True) if len(initials) > 1 else []
            if words:
                found += self._alternative(chunk, _ranked(words), "choseong")
            else:
                for size in range(2, len(initials) - 1):
                    pairs = pairs or _ranked(
                        self._known.pairs_with_initials(initials[:size], initials[size:], _MAX_GUESSES)
                    )
                found += self._alternative(chunk, pairs, "choseong", quoted=True)
                if not pairs:
                    left.append(chunk)
            at += 1
        return found, left

    def _spelling(self, chunk: Chunk, there: int) -> list[tuple[str, float]]:
        key = chunk.words[0].key
        # 27.3 is no slip of the hand for 27.8.
        if len(chunk.words) != 1 or any(char.isdigit() for char in key.form):
            return []
        # What is written so is no slip either, unless another spelling is far more common.
        enough = LITTLE * there if there else 1
        base = [token for token in self._vocabulary.tokens(key) if token.kind is Kind.BASE]
        stems = [key.form]
        if base and is_hangul(key.form):
            stems.append(key.form[base[0].start : base[-1].start + base[-1].length])
        if len(stems[-1]) < _MIN_CORRECTED:
            return []
        for stem in dict.fromkeys(stems):
            found = [
                (text, edits)
                for text, edits in self._known.similar(stem, 4 * _MAX_GUESSES)
                if edits and self._known.frequency(text) >= enough
            ]
            if found:
                nearest = [text for text, edits in found if edits == found[0][1]]
                first, *others = nearest[:_MAX_GUESSES]
                frequency = self._known.frequency(first)
                return [
                    (first, 1.0),
                    *((text, self._known.frequency(text) / (4 * frequency)) for text in others),
                ]
        return [] if there else self._spelling_of_halves(stems[-1])

    def _spelling_of_halves(self, stem: str) -> list[tuple[str, float]]:
        """Correct one half of a compound whose other half is known: 강화학슴."""
        if not is_hangul(stem):
            return []
        found: list[tuple[int, int, str]] = []
        for at in range(2, len(stem) - 1):
            for good, bad in ((stem[:at], stem[at:]), (stem[at:], stem[:at])):
                if self._known.base_frequency(good) < LITTLE:
                    continue
                for other, edits in self._known.similar(bad, 1):
                    text = f"{good} {other}" if good == stem[:at] else f"{other} {good}"
                    found.append((edits, -self._known.frequency(other), text))
        return [(min(found)[2], 1.0)] if found else []

    def _syllables(self, chunk: Chunk) -> list[tuple[str, float]]:
        texts = [
            pair
            for word in chunk.words
            if is_hangul(word.key.form)
            for pair in self._known.sharing_syllables(word.key.form, _MAX_SYLLABLE_GUESSES)
            if pair[1] >= _MIN_SHARED
        ]
        return texts[:_MAX_SYLLABLE_GUESSES]

    def _alternative(
        self, chunk: Chunk, texts: Sequence[tuple[str, float]], code: str, *, quoted: bool = False
    ) -> list[Alternative]:
        """Return what ``texts``, each with its share of the weight, mean as an alternative; none if nothing is left."""
        if not texts:
            return []
        number = min(chunk.numbers)
        nodes = []
        for text, share in texts:
            words = tuple(Words(tuple(split(each)), each) for each in text.split())
            read: SyntaxNode = PhraseText(tuple(split(text)), text) if quoted else Group(words)
            made = plan(Parsed(read), self._vocabulary, self._weights, match_all=chunk.required).plan.root
            nodes.append(meant(made, code, number, share * self._shares[code]))
        named = tuple(text for text, _ in texts)
        return [Alternative(chunk.numbers, any_of(nodes), code, chunk.text, named)]

    def _is_known(self, text: str) -> bool:
        """Say whether every word of ``text`` is known in some form."""
        for word in split(text):
            if self._known.frequency(word.key.form):
                continue
            base = [token.text for token in self._vocabulary.tokens(word.key) if token.kind is Kind.BASE]
            if not base or self._is_shattered(word) or not all(map(self._known.base_frequency, base)):
                return False
        return True

    def _is_shattered(self, word: Word) -> bool:
        """Say whether the analysis knew no better than to break an unknown Korean word into syllables."""
        if not is_hangul(word.key.form) or len(word.key.form) < 2:
            return False
        base = [token for token in self._vocabulary.tokens(word.key) if token.kind is Kind.BASE]
        if len(base) < 2 or any(len(token.text) > 1 for token in base):
            return False
        if self._known.frequency(word.key.form):
            return False
        # 몇명 is 몇 명, without its space; nobody writes 댈 of 모댈.
        return any(
            self._known.frequency(word.key.form[token.start : token.start + token.length]) < LITTLE
            for token in base
        )


def _ranked(found: Sequence[tuple[str, int]]) -> list[tuple[str, float]]:
    """Return texts with shares that fall with their frequency."""
    most = max((count for _, count in found), default=1) or 1
    return [(text, max(count / most, 0.1)) for text, count in found]


def _is_mistyped(chunk: Chunk) -> bool:
    """Say whether single jamo stand within ``chunk``: ㅗㄷ그ㄷㄴ, where 그 is no word."""
    return len(chunk.words) > 1 and any("ㄱ" <= word.key.form[0] <= "ㅣ" for word in chunk.words)


def _initials(chunk: Chunk) -> str:
    return typed_initials(chunk.words[0].key.form) if len(chunk.words) == 1 else ""
