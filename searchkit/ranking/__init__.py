"""Which documents answer best? Formulas, weights and top-k."""
