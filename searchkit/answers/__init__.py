"""What is tried, and in which order, to answer a request? The same for every engine."""
