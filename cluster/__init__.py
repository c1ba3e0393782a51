"""A real OpenSearch cluster on this machine, for the tests and for trying it out: ``make cluster``."""
