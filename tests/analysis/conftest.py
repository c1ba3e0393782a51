from __future__ import annotations

import pytest
from analysis_terms import Terminology

from searchkit.analysis.analyzer import WordAnalyzer


@pytest.fixture(scope="session")
def analyzer() -> WordAnalyzer:
    return WordAnalyzer()


@pytest.fixture(scope="session")
def terminology(analyzer: WordAnalyzer) -> Terminology:
    return Terminology(analyzer)
