"""Lineage: where a value of an image comes from, as one sentence and as a graph. Reads only."""
