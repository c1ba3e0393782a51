"""What do users see? Hits, snippets, highlights and explanations."""
