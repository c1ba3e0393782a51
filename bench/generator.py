"""Make any number of papers, as digest files, out of a folder of real ones.

Bullets and titles of real digests are recombined, and words are made up so that the vocabulary keeps growing
as it does in real text; else a benchmark would hide what new words cost. Over the 1,330 papers that the laws
were measured on,

* distinct runs of Hangul grow like (runs)^0.5,
* distinct Latin words like (words)^0.7,
* distinct chunks (what stands between spaces) like (chunks)^0.7.

Each law is fitted through the real digests and then held by a closed loop: whenever fewer distinct things
have been written than the law says, one is made up at a random place. Half of the made-up places repeat an
earlier made-up word, so that their frequencies are as skewed as those of real words. The same seed gives the
same bytes.
"""

from __future__ import annotations

import argparse
import datetime
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PAPERS_PER_FILE = (12, 18)
LAST_DAY = datetime.date(2024, 12, 31)
HANGUL_EXPONENT = 0.5
LATIN_EXPONENT = 0.7
CHUNK_EXPONENT = 0.7

_RUN = re.compile(r"[가-힣]+|[A-Za-z]+")
_HEADING = re.compile(r"### \[(?P<title>.+)\]\(.+\)\s*$")
_LOAN_ENDINGS = (
    "",
    "의",
    "을",
    "은",
    "에서",
    "로",
    "과",
    "이라는",
    "에서는",
    "으로",
    "이다",
    "하는",
    "화된",
    "들을",
)
_NAME_PARTS = (
    "ar", "ba", "cor", "del", "eon", "fi", "gra", "hel", "in", "jun", "kal", "lu", "mi", "nor", "op", "pra",
    "qui", "ro", "sel", "ta", "um", "vex", "wen", "xi", "yor", "zet", "flow", "net", "former",
    "mix", "diff", "bench",
)  # fmt: skip


@dataclass(frozen=True)
class Bullet:
    """One real bullet: its chunks, and where in them words may be exchanged, as (chunk, start, end)."""

    chunks: tuple[str, ...]
    hangul: tuple[tuple[int, int, int], ...]
    latin: tuple[tuple[int, int, int], ...]
    glued: tuple[tuple[int, int, int], ...]
    hangul_words: tuple[str, ...]
    latin_words: tuple[str, ...]


@dataclass(frozen=True)
class Base:
    """The real digests, taken apart."""

    bullets: tuple[Bullet, ...]
    counts: tuple[int, ...]
    titles: tuple[str, ...]
    authors: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """What was written."""

    files: int
    papers: int
    bullets: int
    hangul_words: int
    latin_words: int
    chunks: int


class Growth:
    """A vocabulary that follows ``scale * tokens ** exponent``."""

    def __init__(self, base_tokens: int, base_distinct: int, exponent: float) -> None:
        self.exponent = exponent
        self.scale = base_distinct / base_tokens**exponent if base_tokens else 0.0
        self.tokens = 0
        self.seen: set[str] = set()

    def missing(self) -> int:
        """Return how many distinct things the law asks for beyond those seen."""
        return int(self.scale * self.tokens**self.exponent) - len(self.seen)


def read_base(folder: Path) -> Base:
    """Take the digests of ``folder`` apart, in the order of their paths.

    Raises:
        SystemExit: there is no paper in the folder.
    """
    bullets: list[Bullet] = []
    counts: list[int] = []
    titles: list[str] = []
    authors: list[str] = []
    for path in sorted(folder.rglob("*.md")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if heading := _HEADING.match(line):
                titles.append(heading["title"])
                counts.append(0)
            elif line.startswith("Authors: "):
                authors.append(line)
            elif line.startswith("- ") and counts:
                bullets.append(take_apart(line[2:].strip()))
                counts[-1] += 1
    if not bullets:
        raise SystemExit(f"{folder}: no digests here; name a folder of digests with --base")
    return Base(tuple(bullets), tuple(counts), tuple(titles), tuple(authors) or ("Authors: Anonymous",))


def take_apart(text: str) -> Bullet:
    """Find the words of a bullet and where they may be exchanged; labels (`**…**`) stay as they are."""
    chunks = tuple(text.split())
    hangul: list[tuple[int, int, int]] = []
    latin: list[tuple[int, int, int]] = []
    glued: list[tuple[int, int, int]] = []
    hangul_words: list[str] = []
    latin_words: list[str] = []
    for number, chunk in enumerate(chunks):
        for run in _RUN.finditer(chunk):
            word, place = run.group(), (number, run.start(), run.end())
            is_hangul = word[0] >= "가"
            (hangul_words if is_hangul else latin_words).append(word.lower())
            if "*" in chunk or "/" in chunk:
                continue
            if is_hangul and len(word) > 1:
                hangul.append(place)
                if word != chunk:
                    glued.append(place)
            elif not is_hangul and len(word) > 2:
                latin.append(place)
    return Bullet(chunks, tuple(hangul), tuple(latin), tuple(glued), tuple(hangul_words), tuple(latin_words))


class Writer:
    """Draws papers; holds the state of the three vocabularies."""

    def __init__(self, base: Base, seed: int) -> None:
        self.base = base
        self.random = random.Random(seed)
        hangul = [word for bullet in base.bullets for word in bullet.hangul_words]
        titles = [word.lower() for title in base.titles for word in re.findall("[A-Za-z]+", title)]
        latin = [word for bullet in base.bullets for word in bullet.latin_words] + titles
        chunks = [chunk for bullet in base.bullets for chunk in bullet.chunks]
        self.hangul = Growth(len(hangul), len(set(hangul)), HANGUL_EXPONENT)
        self.latin = Growth(len(latin), len(set(latin)), LATIN_EXPONENT)
        self.chunks = Growth(len(chunks), len(set(chunks)), CHUNK_EXPONENT)
        self.words = [word for word in hangul if len(word) > 1]
        self.syllables = "".join(self.words)
        self.made_hangul: list[str] = []
        self.made_latin: list[str] = []
        self.drawn: set[int] = set()
        self.heads = [head for head, colon, _ in (title.partition(": ") for title in base.titles) if colon]
        self.tails = [title.rpartition(": ")[2] for title in base.titles]

    def bullet(self) -> str:
        """Return the text of one bullet."""
        number = self.random.randrange(len(self.base.bullets))
        bullet = self.base.bullets[number]
        self.hangul.tokens += len(bullet.hangul_words)
        self.latin.tokens += len(bullet.latin_words)
        self.chunks.tokens += len(bullet.chunks)
        if number not in self.drawn:
            self.drawn.add(number)
            self.hangul.seen.update(bullet.hangul_words)
            self.latin.seen.update(bullet.latin_words)
            self.chunks.seen.update(bullet.chunks)
        exchanges: dict[int, tuple[int, int, str]] = {}
        for growth, places, make in (
            (self.hangul, bullet.hangul, self.made_up_hangul),
            (self.latin, bullet.latin, self.made_up_latin),
            (self.chunks, bullet.glued, self.known_hangul),
        ):
            for number, start, end in self.shuffled(places) if growth.missing() > 0 else ():
                if number not in exchanges:
                    exchanges[number] = (start, end, make())
                    chunk = bullet.chunks[number]
                    self.chunks.seen.add(chunk[:start] + exchanges[number][2] + chunk[end:])
                    if growth.missing() <= 0:
                        break
        if not exchanges:
            return " ".join(bullet.chunks)
        chunks = list(bullet.chunks)
        for number, (start, end, word) in exchanges.items():
            chunks[number] = chunks[number][:start] + word + chunks[number][end:]
        return " ".join(chunks)

    def shuffled(self, places: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
        """Give the places once each, in random order, drawing only as many as are asked for."""
        left = list(places)
        while left:
            position = self.random.randrange(len(left))
            left[position], left[-1] = left[-1], left[position]
            yield left.pop()

    def title(self) -> str:
        """Return one title."""
        tail = self.random.choice(self.tails)
        self.latin.tokens += 1 + len(re.findall("[A-Za-z]+", tail))
        self.latin.seen.update(word.lower() for word in re.findall("[A-Za-z]+", tail))
        if self.latin.missing() > 0 or not self.heads:
            return f"{self.made_up_latin()}: {tail}"
        head = self.random.choice(self.heads)
        self.latin.seen.update(word.lower() for word in re.findall("[A-Za-z]+", head))
        return f"{head}: {tail}"

    def known_hangul(self) -> str:
        """Return a real word, as often as it stands in the real digests."""
        return self.random.choice(self.words)

    def made_up_hangul(self) -> str:
        """Return a new word, or, half of the time, one made up before."""
        if self.made_hangul and self.random.random() < 0.5:
            word = self.random.choice(self.made_hangul)
        else:
            word = self.new_hangul()
            while word in self.hangul.seen:
                word = self.new_hangul()
            self.hangul.seen.add(word)
        self.made_hangul.append(word)
        return word

    def new_hangul(self) -> str:
        """Make up a word: the beginning of one with the end of another, or loanword-like with an ending."""
        if self.random.random() < 0.6:
            first, last = self.random.choice(self.words), self.random.choice(self.words)
            return first[: self.random.randint(2, 3)] + last[-self.random.randint(1, 3) :]
        length = self.random.randint(2, 5)
        stem = "".join(self.random.choice(self.syllables) for _ in range(length))
        return stem + self.random.choice(_LOAN_ENDINGS)

    def made_up_latin(self) -> str:
        """Return a new name, or, half of the time, one made up before."""
        if self.made_latin and self.random.random() < 0.5:
            name = self.random.choice(self.made_latin)
        else:
            name = self.new_latin()
            while name.lower() in self.latin.seen:
                name = self.new_latin()
            self.latin.seen.add(name.lower())
        self.made_latin.append(name)
        return name

    def new_latin(self) -> str:
        """Make up a name of two to four parts, some of them written CamelCase."""
        parts = [self.random.choice(_NAME_PARTS) for _ in range(self.random.randint(2, 4))]
        if self.random.random() < 0.3:
            return "".join(part.capitalize() for part in parts)
        return "".join(parts).capitalize()

    def paper(self, serial: int) -> tuple[str, int]:
        """Return the Markdown of one paper and how many bullets it has."""
        month, number = divmod(serial, 90_000)
        arxiv_id = f"{20 + month // 12:02d}{month % 12 + 1:02d}.{number + 10_000:05d}"
        bullets = [self.bullet() for _ in range(max(1, self.random.choice(self.base.counts)))]
        votes = self.random.randrange(120)
        lines = [
            f"### [{self.title()}](https://arxiv.org/abs/{arxiv_id})",
            f"![](https://example.org/thumbnails/{arxiv_id}.png)",
            f"Vote: {votes or '-'}",
            self.random.choice(self.base.authors),
            "\n".join(f"- {bullet}" for bullet in bullets),
        ]
        return "\n\n".join(lines) + "\n", len(bullets)


def generate(base: Base, out: Path, papers: int, *, seed: int = 20_240_401) -> Made:
    """Write ``papers`` papers below ``out`` as ``YYYY/MM/DD.md``, a file a day, the last on 2024-12-31."""
    writer = Writer(base, seed)
    sizes: list[int] = []
    left = papers
    while left > 0:
        sizes.append(min(left, writer.random.randint(*PAPERS_PER_FILE)))
        left -= sizes[-1]
    serial = bullets = 0
    for number, size in enumerate(sizes):
        day = LAST_DAY - datetime.timedelta(days=len(sizes) - 1 - number)
        parts = [f"## Daily Papers ({day.isoformat()})\n"]
        for _ in range(size):
            text, count = writer.paper(serial)
            parts.append(text)
            serial += 1
            bullets += count
        path = out / f"{day.year:04d}" / f"{day.month:02d}" / f"{day.day:02d}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(parts), encoding="utf-8")
    return Made(
        len(sizes), papers, bullets, len(writer.hangul.seen), len(writer.latin.seen), len(writer.chunks.seen)
    )


def default_base() -> Path:
    """Return the folder of 1,330 papers beside the checkout, else the project's own seeds."""
    root = Path(__file__).resolve().parents[1]
    corpus = root.parent / "shared" / "corpus" / "2024"
    return corpus if corpus.is_dir() else root / "seeds"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--docs", type=int, default=5488, help="how many papers (default: 5488)")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--base", type=Path, default=None, help="a folder of real digests")
    parser.add_argument("--seed", type=int, default=20_240_401)
    options = parser.parse_args()
    made = generate(read_base(options.base or default_base()), options.out, options.docs, seed=options.seed)
    print(
        f"{made.papers:,} papers, {made.bullets:,} bullets in {made.files:,} files; distinct: "
        f"{made.hangul_words:,} runs of Hangul, {made.latin_words:,} Latin words, {made.chunks:,} chunks"
    )


if __name__ == "__main__":
    main()
