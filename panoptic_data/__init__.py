"""The corpus: tables, decoding, encoders and everything computed from images.

Each noun is a module (``panoptic_data.ingest.images``, ``panoptic_data.vectors.clusters``, …);
importing the package alone costs nothing. Not here: Dagster (``pipelines``) and the dashboard
(``app``).
"""
