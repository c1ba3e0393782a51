"""Adding words to the user's dictionary: the file, and what the index makes of it, change together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.analysis.dictionary import UserDictionary, UserWord, built_in_words
from searchkit.analysis.token import Context, WordKey
from searchkit.engines.base import Engine
from searchkit.errors import SearchkitError, SourceError
from searchkit.index.terms import DICTIONARY, UserTerms
from searchkit.index.updates import TermsChange, take_terms


@dataclass(frozen=True, slots=True)
class AddedWord:
    """A word and its terms before and after; ``known`` says that it was in the dictionary already."""

    word: UserWord
    before: tuple[str, ...]
    after: tuple[str, ...]
    known: bool = False


@dataclass(frozen=True, slots=True)
class AddedWords:
    """What `add_words` did: to words, and to the index (None: there is none yet)."""

    words: tuple[AddedWord, ...]
    file: Path
    change: TermsChange | None


def parse_words(words: Sequence[str]) -> tuple[UserWord, ...]:
    """Read words as they are typed: 트랜스포머, or 맘바/NNP with a tag.

    Raises:
        SearchkitError: one can't be in a dictionary.
    """
    parsed, bad = UserDictionary.parse([word.replace("/", "\t", 1) for word in words])
    if bad:
        raise SearchkitError(
            f"{words[bad[0].line - 1]}: {bad[0].message.replace('behind a tab', 'behind a slash')}"
        )
    if not parsed.words:
        raise SearchkitError("no word was given, for example: searchkit dict add 디퓨전")
    return parsed.words


def add_words(
    engine: Engine,
    analyzer: WordAnalyzer,
    terms: Path,
    words: Sequence[str],
    *,
    timeout: float = 10.0,
) -> AddedWords:
    """Append ``words`` to the dictionary in the folder ``terms`` and bring the index in line with it.

    Only the words of the index that hold one of them are analysed again, and only their documents inverted again,
    in one commit. The file is written once that commit stands.

    Raises:
        SearchkitError: a word is no word for a dictionary, or the folder can't be written; nothing has changed then.
        IndexLocked: someone else is writing.
    """
    wanted = parse_words(words)
    old = UserTerms.read(terms)
    known = set(old.dictionary.words) | set(built_in_words())
    new = [word for word in wanted if word not in known]
    clash = {word.form: word for word in old.dictionary.words}
    for word in new:
        if word.form in clash:
            raise SearchkitError(
                f"{word.form} is in {terms / DICTIONARY} already, as {clash[word.form].tag}: change that line"
            )
    data = old.files[DICTIONARY]
    if data and not data.endswith(b"\n"):
        data += b"\n"
    data += "".join(
        f"{word.form}\t{word.tag}\n" if word.tag != "NNG" else f"{word.form}\n" for word in new
    ).encode()
    updated = UserTerms({**old.files, DICTIONARY: data})
    before = _terms(analyzer.with_dictionary(old.dictionary), wanted)
    after = _terms(analyzer.with_dictionary(updated.dictionary), wanted)
    change = None
    waiting = _write_aside(terms, data) if new else None
    try:
        if engine.exists():
            change = take_terms(engine, analyzer, updated, timeout=timeout)
        if waiting is not None:
            waiting.replace(terms / DICTIONARY)
            waiting = None
    except OSError as error:
        raise SourceError(f"can't be written: {error.strerror}", path=terms / DICTIONARY) from error
    finally:
        if waiting is not None:
            waiting.unlink(missing_ok=True)
    added = (
        AddedWord(word, b, a, known=word in known) for word, b, a in zip(wanted, before, after, strict=True)
    )
    return AddedWords(tuple(added), terms / DICTIONARY, change)


def _terms(analyzer: WordAnalyzer, words: Sequence[UserWord]) -> list[tuple[str, ...]]:
    """Return the terms of each word; those of verbs and adjectives with 다."""
    forms = [word.form + ("다" if word.tag in ("VV", "VA") else "") for word in words]
    found = analyzer.analyze([WordKey(Context.FREE, form) for form in forms])
    return [tuple(token.text for token in tokens) for tokens in found]


def _write_aside(folder: Path, data: bytes) -> Path:
    """Write ``data`` beside the dictionary, so that nothing but a rename is left to do."""
    path = folder / f".{DICTIONARY}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise SourceError(f"can't be written: {error.strerror}", path=path) from error
    return path
