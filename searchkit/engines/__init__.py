"""Where do postings live? Engines that hold terms, one package each."""
