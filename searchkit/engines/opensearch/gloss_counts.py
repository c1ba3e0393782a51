"""What the documents of a cluster gloss, and how many do."""

from __future__ import annotations

from searchkit.analysis.glosses import Gloss
from searchkit.engines.opensearch.body import read_gloss
from searchkit.engines.opensearch.counted_values import counted_values
from searchkit.engines.opensearch.ledger import Ledger


def count_glosses(ledger: Ledger, index: str) -> dict[Gloss, int]:
    """Return every gloss of the documents that searches see, with how many hold it."""
    counted = counted_values("glosses", lambda body: ledger.search(index, body))
    return {read_gloss(value): count for value, count in counted}
