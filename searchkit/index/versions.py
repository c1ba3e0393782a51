"""Does an index fit the program that opens it? The rules of analysis must, Kiwi may differ."""

from __future__ import annotations

from collections.abc import Mapping

from searchkit._version import __version__
from searchkit.analysis.analyzer import WordAnalyzer
from searchkit.errors import IndexIncompatible


def current_versions(analyzer: WordAnalyzer) -> dict[str, str]:
    """Return what an index built now is built by."""
    return {"searchkit": __version__, **analyzer.versions(), "analysis": analyzer.fingerprint}


def check_analysis(versions: Mapping[str, str], analyzer: WordAnalyzer, location: str) -> None:
    """Raise `IndexIncompatible` if the terms of an index are not those that this program gives to words."""
    built = versions.get("analysis")
    if built != analyzer.fingerprint:
        raise IndexIncompatible(
            f"{location}: built with other rules of analysis (searchkit {versions.get('searchkit', '?')}); "
            f"run `searchkit index --rebuild --index {location}`"
        )


def other_model(versions: Mapping[str, str], analyzer: WordAnalyzer) -> str | None:
    """Return a sentence on how Kiwi differs from the one that built the index, None if it doesn't."""
    for name, version in analyzer.versions().items():
        built = versions.get(name)
        if built != version:
            return (
                f"the index was built with {name} {built}, this is {version}: "
                "run `searchkit index` to bring it up to date"
            )
    return None
