"""How a score came about, every factor named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from searchkit.analysis.token import Layer
from searchkit.query.plan import PlanTerm
from searchkit.ranking.features import Feature, FeatureTerm
from searchkit.results.display import printable

PLACES: dict[Layer | Feature, str] = {
    Layer.TITLE: "in title",
    Layer.BULLETS: "in bullets",
    Layer.PARTS: "in parts of compounds",
    Layer.SURFACE: "in words as written",
    Layer.IDENTIFIERS: "in identifiers",
    Feature.ORDERED: "side by side",
    Feature.NEAR: "near each other",
    Feature.BIGRAMS: "as neighbouring syllables",
    Feature.SENTENCE: "in the best sentence",
    Feature.NAME: "as a name",
    Feature.TITLE_NAME: "as a name in title",
}


class Contribution(Protocol):
    """What one term adds: ``score`` is weight × idf × saturation."""

    @property
    def term(self) -> PlanTerm | FeatureTerm:
        """The term, with its layer or feature and its weight."""

    @property
    def idf(self) -> float:
        """How rare it is."""

    @property
    def tf(self) -> float:
        """How often the document holds it in this layer; 0 for what scores in another way."""

    @property
    def length(self) -> float:
        """How many terms the document has in this layer."""

    @property
    def average_length(self) -> float:
        """How many terms documents have there on average."""

    @property
    def doc_freq(self) -> int:
        """How many documents hold it."""

    @property
    def score(self) -> float:
        """What it adds."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The parts of the score of one document; ``contributions`` is empty if it doesn't match."""

    query: str
    id: str
    contributions: Sequence[Contribution]

    @property
    def score(self) -> float:
        """The sum of all contributions."""
        return sum(part.score for part in self.contributions)

    def as_text(self) -> str:
        """Return the parts as lines of text, the largest first."""
        if not self.contributions:
            return f"{printable(self.id)} holds nothing of the query that scores"
        lines = [f"{self.score:.4f} = the sum of"]
        for part in sorted(self.contributions, key=lambda part: -part.score):
            term = part.term
            line = f"  {part.score:.4f}  {printable(term.text)} {PLACES[term.layer]} (by {term.via})"
            if part.tf:
                saturation = part.score / (term.weight * part.idf) if term.weight * part.idf else 0.0
                line += (
                    f": weight {term.weight:g} × idf {part.idf:.4f} × saturation {saturation:.4f}"
                    f" [{part.tf:g} times"
                    f"{f' in {part.length:g} terms, average {part.average_length:.1f}' if part.length else ''};"
                    f" in {part.doc_freq} document{'' if part.doc_freq == 1 else 's'}]"
                )
            elif isinstance(term, FeatureTerm):
                line += f": weight {term.weight:g} × {part.idf:.4f}, the idf of the terms that it holds"
            lines.append(line)
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the parts as JSON shows them."""
        return {
            "score": self.score,
            "contributions": [
                {
                    "term": part.term.text,
                    "layer": part.term.layer.name.lower(),
                    "via": part.term.via,
                    "weight": part.term.weight,
                    "idf": part.idf,
                    "tf": part.tf,
                    "length": part.length,
                    "average_length": part.average_length,
                    "doc_freq": part.doc_freq,
                    "score": part.score,
                }
                for part in self.contributions
            ],
        }
