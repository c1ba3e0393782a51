"""Where do documents come from? Digests, JSON Lines and notes, in files and folders."""
