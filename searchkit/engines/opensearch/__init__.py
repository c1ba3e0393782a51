"""The same search on a cluster: documents as terms in OpenSearch, all else on the client."""
