"""English words meet their plurals; nothing else is cut, since names and terms look like inflected words.

The rules, tried from the top:

1. words of up to three letters, and the words listed here, are what the lists say;
2. ``-ss``, ``-us``, ``-is`` and ``-ics`` stay: loss, corpus, analysis, robotics;
3. ``-ies`` becomes ``-y``: studies, policies;
4. ``-sses``, ``-ches``, ``-shes``, ``-xes``, ``-zzes``, ``-oes`` lose ``es``: classes, boxes, heroes;
5. any other ``-s`` goes: models, cases, llms.
"""

from __future__ import annotations

_IRREGULAR = {
    "ids": "id",
    "indices": "index",
    "matrices": "matrix",
    "vertices": "vertex",
    "appendices": "appendix",
    "corpora": "corpus",
    "criteria": "criterion",
    "phenomena": "phenomenon",
    "children": "child",
    "analyses": "analysis",
    "hypotheses": "hypothesis",
    "syntheses": "synthesis",
    "theses": "thesis",
    "diagnoses": "diagnosis",
    "crises": "crisis",
    "parentheses": "parenthesis",
    "axes": "axis",
    "lenses": "lens",
    "biases": "bias",
    "aliases": "alias",
    "atlases": "atlas",
    "canvases": "canvas",
    "buses": "bus",
    "viruses": "virus",
    "statuses": "status",
    "focuses": "focus",
    "corpuses": "corpus",
    "bonuses": "bonus",
    "campuses": "campus",
    "gases": "gas",
    "quizzes": "quiz",
    "caches": "cache",
    "headaches": "headache",
    "shoes": "shoe",
    "toes": "toe",
    "foes": "foe",
    "canoes": "canoe",
    "movies": "movie",
    "cookies": "cookie",
    "ties": "tie",
    "lies": "lie",
    "dies": "die",
    "pies": "pie",
    "selfies": "selfie",
    "zombies": "zombie",
    "calories": "calorie",
    "lives": "life",
    "knives": "knife",
    "leaves": "leaf",
    "halves": "half",
    "apis": "api",
    "guis": "gui",
    "clis": "cli",
    "kpis": "kpi",
    "rois": "roi",
    "taxis": "taxi",
    "emojis": "emoji",
    "gpus": "gpu",
    "cpus": "cpu",
    "tpus": "tpu",
    "npus": "npu",
    "menus": "menu",
    "relus": "relu",
    "metrics": "metric",
    "topics": "topic",
    "heuristics": "heuristic",
    "characteristics": "characteristic",
    "critics": "critic",
    "clinics": "clinic",
    "fabrics": "fabric",
    "rubrics": "rubric",
    "comics": "comic",
}

_SINGULAR = frozenset(
    [
        "adams",
        "afterwards",
        "alas",
        "alias",
        "always",
        "atlas",
        "bayes",
        "besides",
        "bias",
        "canvas",
        "chaos",
        "christmas",
        "cosmos",
        "dallas",
        "does",
        "ethos",
        "forbes",
        "goes",
        "hermes",
        "https",
        "james",
        "jenkins",
        "jonas",
        "kansas",
        "keras",
        "kubernetes",
        "lens",
        "lucas",
        "macos",
        "mars",
        "means",
        "news",
        "nicholas",
        "nowadays",
        "pandas",
        "pathos",
        "perhaps",
        "postgres",
        "reuters",
        "series",
        "sideways",
        "sometimes",
        "species",
        "texas",
        "thomas",
        "towards",
        "vegas",
        "whereas",
        "williams",
    ]
)


FUNCTION_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "how",
        "in",
        "into",
        "is",
        "it",
        "its",
        "more",
        "not",
        "of",
        "on",
        "or",
        "than",
        "that",
        "the",
        "their",
        "they",
        "this",
        "to",
        "toward",
        "towards",
        "using",
        "via",
        "we",
        "what",
        "when",
        "where",
        "which",
        "why",
        "with",
        "without",
        "you",
        "your",
    ]
)
"""Words that no name begins or ends with."""


def plural(word: str) -> str:
    """Return the regular plural of ``word``, a singular in lower case."""
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


def stem(word: str) -> str:
    """Return the singular of ``word``, which is in lower case; other words come back as they are.

    Doing it twice changes nothing.
    """
    if not word.endswith("s") and word not in _IRREGULAR:
        return word
    known = _IRREGULAR.get(word)
    if known is not None:
        return known
    if len(word) <= 3 or word in _SINGULAR or word.endswith(("ss", "us", "is", "ics")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes", "zzes", "oes")):
        return word[:-2]
    return word[:-1]
