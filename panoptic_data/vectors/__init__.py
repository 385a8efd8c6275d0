"""Embeddings and all that follows from them: neighbours, projection, clusters, index."""
