"""Digests: days of papers, each with a linked heading, votes, authors and bullets.

    ## Daily Papers (2024-06-12)

    ### [Title](https://arxiv.org/abs/2406.00001)

    ![](https://…png)

    Vote: 12

    Authors: Ann Lee, Bo Kim, +

    - **What's New**: …
    - **Technical Details**: …
    1) a line right under a bullet belongs to it

A bullet ends at a blank line, but an indented line goes on with it even so. What stands in a paper and is none of
this becomes a bullet of its own and is reported, so that it is found and somebody knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from searchkit.document import Document
from searchkit.errors import DocumentError
from searchkit.sources.authors import distinct, split_authors
from searchkit.sources.dates import as_date
from searchkit.sources.identity import arxiv_id, fit, last_segment
from searchkit.sources.markup import closes, heading, is_rule, opening_fence
from searchkit.sources.media import IMAGE, media_links
from searchkit.sources.parsed import Parsed
from searchkit.sources.problem import Problem

_RECOGNISED = re.compile(r"^ {0,3}#{1,3}[ \t]*daily[ \t]+papers?[ \t]*[(\d]", re.IGNORECASE | re.MULTILINE)
_NO_SPACE = re.compile(r" {0,3}#{2,6}(?=\[|daily\s)", re.IGNORECASE)
_DAY = re.compile(r"daily\s+papers?\b", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}([-./])[0-9]{1,2}\1[0-9]{1,2}")
_URL = re.compile(r"https?://[^\s<>]+")
_LONE_URL = re.compile(r"\s*<?(https?://[^\s<>]+)>?\s*")
_VOTES = re.compile(r"\s*\**votes?\**\s*[:：]\**(.*)", re.IGNORECASE)
_AUTHORS = re.compile(r"\s*\**authors?\**\s*[:：]\**(.*)", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]+)\]\(([^\s()<>]+)\)")
_USUAL_VOTES = re.compile(r"Vote: ([0-9]{1,9})")
_COUNT = re.compile(r"[+-]?[0-9]{1,10}")
_BULLET = re.compile(r"([ \t]*)[-*+•](?:[ \t]+|$)")
_LABEL = re.compile(r"\*{1,3}([^*\n]{1,80}?)\s*(?:[:：]\s*\*{1,3}|\*{1,3}\s*[:：])\s*")
_FENCES = frozenset("`~")
_SPECIAL = frozenset("*`~")
"""What a bullet's text begins with that has to be looked at more closely."""
_NO_VOTES = frozenset({"", "-", "–", "—", "?", "n/a", "none"})


def is_digest(text: str) -> bool:
    """Tell whether a text has a heading of a day of papers."""
    return _RECOGNISED.search(text) is not None


def parse(text: str, label: str) -> Parsed:
    """Return the papers of a digest in its order, the same paper as often as it stands there."""
    return _Digest(text.split("\n"), label).parse()


class _Paper:
    """A paper being read."""

    def __init__(self, line: int, title: str, url: str | None, date: str | None) -> None:
        self.line = line
        self.title = title
        self.url = url
        self.date = date
        self.votes: int | None = None
        self.votes_seen = False
        self.authors: tuple[str, ...] = ()
        self.truncated = False
        self.media: list[str] = []
        self.bullets: list[str] = []
        self.more: dict[int, list[str]] = {}
        self.labels: list[str | None] = []
        self.lines: list[int] = []
        self.indent: int | None = None
        self.open = False

    def start(self, number: int, text: str) -> None:
        """Begin a bullet."""
        label = None
        if text.startswith("*") and (match := _LABEL.match(text)) is not None:
            label, text = match[1].strip(), text[match.end() :]
        self.bullets.append(text)
        self.labels.append(label)
        self.lines.append(number)
        self.open = True

    def go_on(self, line: str) -> None:
        """Add a line to the last bullet."""
        self.more.setdefault(len(self.bullets) - 1, []).append(line.rstrip())
        self.open = True

    def texts(self) -> list[str]:
        """Return the texts of the bullets, all their lines together."""
        texts = self.bullets
        for place, lines in self.more.items():
            texts[place] = "\n".join([texts[place], *lines] if texts[place] else lines).strip()
        return texts

    def identity(self) -> tuple[str, str | None] | None:
        """Return the id and the arXiv id, None if nothing gives one."""
        if self.url is None:
            return None
        arxiv = arxiv_id(self.url)
        name = arxiv or fit(last_segment(self.url))
        if not name:
            return None
        return (name if self.date is None else f"{self.date}/{name}"), arxiv


class _Digest:
    """One pass over the lines of a file."""

    def __init__(self, lines: Sequence[str], label: str) -> None:
        self._lines = lines
        self._label = label
        self._parsed = Parsed()
        self._date: str | None = None
        self._day_seen = False
        self._paper: _Paper | None = None
        self._outside = False
        self._fenced_until = 0

    def parse(self) -> Parsed:
        """Return what the lines give."""
        lines, number = self._lines, 0
        while number < len(lines):
            line, paper = lines[number], self._paper
            number += 1
            if paper is not None and number <= self._fenced_until:
                paper.go_on(line)
            elif not line or line.isspace():
                if paper is not None:
                    paper.open = False
            elif line.startswith("- ") and paper is not None and not paper.indent and line[2:3] != "-":
                number = self._bullets(paper, number)
            elif line.startswith("### [") and line.endswith(")"):
                number = self._usual_lines(self._begin(number, line[4:]), number)
            elif "#" in line and (found := heading(_with_space(line))) is not None:
                self._heading(number, line, *found)
            elif paper is None:
                self._outside_of_papers(number, line)
            else:
                self._line(paper, number, line)
        self._finish()
        return self._parsed

    def _usual_lines(self, paper: _Paper, number: int) -> int:
        """Read what nearly always stands between a heading and the bullets; return the last line read, as a number."""
        lines = self._lines[number : number + 6]
        if len(lines) < 6 or lines[0] or lines[2] or lines[4] or not lines[5].startswith("Authors: "):
            return number
        image, votes = IMAGE.fullmatch(lines[1]), _USUAL_VOTES.fullmatch(lines[3])
        if image is None or votes is None:
            return number
        paper.media = [image[1]]
        paper.votes, paper.votes_seen = int(votes[1]), True
        paper.authors, paper.truncated = split_authors(lines[5][len("Authors:") :])
        return number + 6

    def _bullets(self, paper: _Paper, number: int) -> int:
        """Read line ``number``, a bullet that begins with "- ", and all others right behind it; return the last."""
        lines, stop = self._lines, number
        while stop < len(lines) and lines[stop].startswith("- ") and lines[stop][2:3] != "-":
            stop += 1
        paper.indent = 0
        texts = [line[2:].strip() for line in lines[number - 1 : stop]]
        if _SPECIAL.isdisjoint([text[:1] for text in texts]):
            paper.bullets += texts
            paper.labels += [None] * len(texts)
            paper.lines += range(number, stop + 1)
            paper.open = True
            return stop
        for place, text in enumerate(texts, number):
            paper.start(place, text)
            if text[:1] in _FENCES:
                self._fence(place, text)
                return place
        return stop

    def _heading(self, number: int, line: str, level: int, text: str) -> None:
        day = _DAY.match(text) if level <= 3 else None
        if day is not None:
            self._finish()
            self._day_seen = True
            date = _DATE.search(text, day.end())
            self._date = None if date is None else as_date(date[0])
            if self._date is None:
                self._report(number, f"{text!r} has no date of the form (YYYY-MM-DD); its papers get none")
        elif level == 3 or (level > 1 and text.startswith("[") and arxiv_id(text) is not None):
            self._begin(number, text)
        elif level < 3:
            self._finish()
            self._outside_of_papers(number, line)
        elif self._paper is not None:
            self._line(self._paper, number, line)
        else:
            self._outside_of_papers(number, line)

    def _begin(self, number: int, text: str) -> _Paper:
        """Begin the paper of a heading."""
        self._finish()
        title, url = self._link(number, text)
        self._paper = paper = _Paper(number, title, url, self._date)
        self._outside = False
        if not self._day_seen:
            self._report(number, "a paper before any heading `## Daily Papers (YYYY-MM-DD)`; it gets no date")
        return paper

    def _link(self, number: int, text: str) -> tuple[str, str | None]:
        """Return title and URL of a paper's heading, however broken the link is."""
        if (link := _LINK.fullmatch(text)) is not None:
            return link[1].strip(), link[2]
        before, sign, after = text.rpartition("](")
        if sign and before.startswith("["):
            end = _closing_bracket(after)
            target = after[:end].split()
            if end >= 0 and target:
                return f"{before[1:].strip()} {after[end + 1 :].strip()}".strip(), target[0].strip("<>")
        found = _URL.search(text)
        if found is None:
            return text, None
        title = (
            text[: found.start()].rstrip(" (<").removesuffix("]") + text[found.end() :].rstrip(" )")
        ).strip()
        self._report(
            number, "the heading is no link of the form ### [title](URL); it is read as far as possible"
        )
        return title.removeprefix("["), found[0].rstrip(")]")

    def _line(self, paper: _Paper, number: int, line: str) -> None:
        """Read a line of a paper that is not blank and no heading of papers."""
        if (links := media_links(line)) is not None:
            paper.media += links
            return
        if (paper.indent is None or not paper.open) and self._header(paper, number, line):
            return
        if is_rule(line):
            paper.open = False
            return
        sign = _BULLET.match(line)
        if sign is not None and (not paper.bullets or paper.indent is None or len(sign[1]) <= paper.indent):
            paper.indent = len(sign[1])
            paper.start(number, line[sign.end() :].strip())
        elif paper.bullets and (paper.open or line[0] in " \t"):
            paper.go_on(line)
        elif paper.url is None and not paper.bullets and (url := _LONE_URL.fullmatch(line)):
            paper.url = url[1]
            return
        else:
            paper.start(number, line.strip())
            self._report(number, "this line belongs to no bullet; it is kept as a bullet of its own")
        self._fence(number, line if sign is None else line[sign.end() :])

    def _header(self, paper: _Paper, number: int, line: str) -> bool:
        if (match := _VOTES.fullmatch(line)) is not None:
            self._votes(paper, number, match[1].strip())
        elif (match := _AUTHORS.fullmatch(line)) is not None:
            names, truncated = split_authors(match[1])
            paper.authors = distinct((*paper.authors, *names)) if paper.authors else names
            paper.truncated = paper.truncated or truncated
        else:
            return False
        return True

    def _votes(self, paper: _Paper, number: int, text: str) -> None:
        count = text.replace(",", "")
        votes = int(count) if _COUNT.fullmatch(count) else None
        if text.lower() not in _NO_VOTES and (votes is None or abs(votes) >= 2**31):
            self._report(number, f"{text!r} is no number of votes; the paper gets none")
        elif paper.votes_seen and votes != paper.votes:
            self._report(number, f"a second number of votes, {text!r}; the first one counts")
        else:
            paper.votes = votes
        paper.votes_seen = True

    def _fence(self, number: int, text: str) -> None:
        """If ``text`` opens a block of code that is closed before the next paper, take it whole."""
        fence = opening_fence(text)
        if fence is None:
            return
        for later in range(number, len(self._lines)):
            line = self._lines[later]
            if closes(line, fence):
                self._fenced_until = later + 1
                return
            if line.startswith("##") and (line.startswith("### [") or _RECOGNISED.match(line)):
                return

    def _outside_of_papers(self, number: int, line: str) -> None:
        if not self._outside and not is_rule(line):
            self._report(number, "text that belongs to no paper is left out, from here to the next paper")
            self._outside = True

    def _finish(self) -> None:
        """Make the document of the paper that ends here."""
        paper, self._paper = self._paper, None
        if paper is None:
            return
        identity = paper.identity()
        if identity is None:
            self._report(
                paper.line,
                f"the paper {paper.title[:80]!r} has no link, so that it gets no id, and is left out: "
                "make its heading ### [title](URL)",
            )
            return
        texts = paper.texts()
        numbers, labels = paper.lines, paper.labels
        if not all(texts):
            kept = [place for place, text in enumerate(texts) if text or labels[place]]
            texts, numbers = [texts[place] for place in kept], [numbers[place] for place in kept]
            labels = [labels[place] for place in kept]
        try:
            document = Document(
                id=identity[0],
                title=paper.title,
                bullets=tuple(texts),
                labels=tuple(labels) if any(labels) else (),
                bullet_lines=tuple(numbers),
                date=paper.date,
                url=paper.url,
                arxiv_id=identity[1],
                authors=paper.authors,
                authors_truncated=paper.truncated,
                votes=paper.votes,
                media=tuple(dict.fromkeys(paper.media)),
                source=self._label,
                line=paper.line,
            )
        except DocumentError as error:
            self._report(paper.line, f"{error}; the paper is left out")
        else:
            self._parsed.documents.append(document)
            if not paper.title:
                self._report(paper.line, "the paper has no title")

    def _report(self, number: int, message: str) -> None:
        self._parsed.problems.append(Problem(self._label, number, message))


def _with_space(line: str) -> str:
    """Return ``###[title](URL)`` as the heading that was meant."""
    match = _NO_SPACE.match(line)
    return line if match is None else f"{match[0]} {line[match.end() :]}"


def _closing_bracket(text: str) -> int:
    """Return where the bracket ends that stands open before ``text``, -1 if it doesn't."""
    depth = 0
    for place, sign in enumerate(text):
        if sign == "(":
            depth += 1
        elif sign == ")":
            if depth == 0:
                return place
            depth -= 1
    return -1
