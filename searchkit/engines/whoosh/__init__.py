"""The embedded engine: a Whoosh index whose codec is ours, on flat files that numpy maps."""
