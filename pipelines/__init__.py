"""The Dagster graph: what depends on what. Assets call `panoptic_data`, record and report.

Not here: anything computed from images (`panoptic_data`), the dashboard (`app`).
"""
