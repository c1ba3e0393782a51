"""Every number that decides the order of hits; both engines take them from here."""

from __future__ import annotations

from searchkit.analysis.token import Layer
from searchkit.query.expansion import ExpansionWeights
from searchkit.query.plan import QueryWeights, SecondStageWeights
from searchkit.query.title_phrases import TitlePhraseWeights

K1 = 0.9
B = 0.4

LAYER_WEIGHTS: dict[Layer, float] = {
    Layer.TITLE: 2.0,
    Layer.BULLETS: 1.0,
    Layer.PARTS: 0.3,
    Layer.SURFACE: 0.6,
    Layer.IDENTIFIERS: 3.0,
}

QUERY_PART_WEIGHT = 0.3
"""What a part of a compound that the query holds is worth as a base term."""

PIECE_WEIGHT = 0.3
"""What a piece of an identifier that the query holds is worth as a base term: the C of C++."""

ID_BOOST = 1000.0
"""What a typed arXiv id or URL adds to its own paper: more than any sum of terms."""

PARTICLE_WEIGHT = 0.02
"""What the surface of a word that is only a particle is worth beside other words: 이 of LLM이."""

SYNONYM_SHARE = 0.7
"""What the terms of a synonym are worth, relative to those of a word that was typed."""

SIMILAR_TERMS = 32
"""So many terms of a document stand for it when documents like it are looked for."""

SIMILAR_TITLE = 1.0
"""What a term gains by standing in the title of that document, where its frequency elsewhere gives less than 1."""

PREFIX_WEIGHT = 0.5
"""What a word that begins with a typed prefix is worth by its surface."""

SECOND_STAGE = SecondStageWeights(window=200, ordered=0.8, near=0.6, bigrams=1.3, sentence=2.0)
"""The features by which the best documents of the first stage are scored once more."""

QUERY_WEIGHTS = QueryWeights(
    layers=LAYER_WEIGHTS,
    part=QUERY_PART_WEIGHT,
    particle=PARTICLE_WEIGHT,
    prefix=PREFIX_WEIGHT,
    id_boost=ID_BOOST,
    piece=PIECE_WEIGHT,
    second=SECOND_STAGE,
)
"""All of these that the planner of queries needs."""

ALTERNATIVE_SHARES = {
    "spacing": 0.9,
    "keyboard": 0.9,
    "choseong": 0.6,
    "spelling": 0.6,
    "syllables": 0.2,
}
"""What a term is worth that the query only means, by how it was guessed; of its weight, had it been typed."""

EXPANSION = ExpansionWeights(
    anywhere=2.0,
    title=2.0,
    translated=30.0,
    short=0.5,
    part=0.02,
    doubt=0.5,
    rare=0.03,
    general=0.15,
    least=0.1,
    titles=TitlePhraseWeights(
        sure=0.75,
        documents=3,
        hits=40,
        fraction=0.05,
        titles=3,
        lift=3.0,
        phrases=5,
        within=0.6,
        title=16.0,
    ),
)
"""What other names of what a query names are worth."""
