"""Dagster: what depends on what. Thin: assets call `panoptic_data`, record, report.

Not here: anything computed from images, anything that a person looks at but in Dagster's page.
"""
