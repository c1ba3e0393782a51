"""Latin words, identifiers (GPT-4o, C++, 27.3, 2312.04461v2) and URLs: whole and in pieces."""

from __future__ import annotations

import re
import unicodedata

from searchkit.analysis.english import stem
from searchkit.analysis.token import Kind, Token
from searchkit.analysis.words import LATIN, MARKS

_PIECE = re.compile(rf"[0-9]+(?:,[0-9]{{3}})*|[{LATIN}][{LATIN}{MARKS}]*")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_SEPARATORS = re.compile("[-_'@,]")
_ARXIV_ID = re.compile(r"(?<![0-9a-z.])([0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5})(?:v[0-9]{1,2})?(?![0-9a-z])")
_SCHEME = re.compile(r"(?:https?|ftp)://(?:www\.)?|www\.")


def is_url(form: str) -> bool:
    """Say whether ``form``, the form of a word, is a URL's: no other word holds a slash."""
    return "/" in form


def latin_tokens(form: str) -> tuple[Token, ...]:
    """Return the terms of a Latin word or an identifier: its pieces, and the whole where there are several.

    It is cut at every change between letters, digits and signs; whole, it has no separators, so that GPT-4
    and GPT4 meet, but a point between digits, ``+`` and ``#`` stay.
    """
    if form.isascii() and (form.isalpha() or form.isdigit()):
        return (Token(Kind.BASE, stem(form), 0, len(form)),)
    tokens: list[Token] = []
    body = form
    if form.endswith("'s") and len(form) > 2:
        body = form[:-2]
        tokens.append(Token(Kind.SURFACE, "s", len(body) + 1, 1))
    pieces = []
    for match in _PIECE.finditer(body):
        piece, start = match.group(), match.start()
        if "," in piece:
            pieces.append(Token(Kind.BASE, piece.replace(",", ""), start, len(piece)))
        else:
            pieces.append(Token(Kind.BASE, stem(piece), start, len(piece)))
    if len(pieces) > 1 or (pieces and len(body) > pieces[0].length):
        last = pieces[-1]
        singular = body[: last.start] + last.text + body[last.start + last.length :]
        whole = _SEPARATORS.sub("", singular)
        tokens.append(Token(Kind.IDENTIFIER, whole, 0, len(body)))
        tokens.extend(_arxiv_tokens(body, without=whole))
    if not form.isascii():
        bare = "".join(char for char in unicodedata.normalize("NFD", form) if not unicodedata.combining(char))
        if bare != form:
            tokens.append(Token(Kind.SURFACE, bare, 0, len(form)))
    if "," in form or not form.isascii():
        tokens.extend(_plain_words(form))
    return (*pieces, *dict.fromkeys(tokens))


def url_tokens(form: str) -> tuple[Token, ...]:
    """Return the terms of a URL: the whole without its scheme, the arXiv id in it, its pieces as surfaces."""
    scheme = _SCHEME.match(form)
    start = scheme.end() if scheme else 0
    whole = form[start:].rstrip("/")
    tokens = [Token(Kind.IDENTIFIER, whole, start, len(whole))] if whole else []
    tokens.extend(_arxiv_tokens(form, without=whole))
    tokens.extend(_plain_words(form))
    return tuple(dict.fromkeys(tokens))


def _arxiv_tokens(form: str, *, without: str) -> list[Token]:
    """Return the arXiv id that ``form`` holds, with and without its version."""
    tokens = []
    for match in _ARXIV_ID.finditer(form):
        for text in (match.group(), match.group(1)):
            if text != without:
                tokens.append(Token(Kind.IDENTIFIER, text, match.start(), len(text)))
    return tokens


def _plain_words(form: str) -> list[Token]:
    """Return the runs of ASCII letters and digits in ``form``, with inner hyphens and without."""
    tokens = []
    for match in _PLAIN_WORD.finditer(form):
        text, start = match.group(), match.start()
        if text != form:
            tokens.append(Token(Kind.SURFACE, text, start, len(text)))
        if "-" in text:
            at = start
            for piece in text.split("-"):
                tokens.append(Token(Kind.SURFACE, piece, at, len(piece)))
                at += len(piece) + 1
    return tokens
