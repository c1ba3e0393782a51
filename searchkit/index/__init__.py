"""How does a corpus become searchable? From sources through analysis to an engine."""
