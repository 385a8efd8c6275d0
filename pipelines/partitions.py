"""The partitions of the graph: one per source, synchronised with the table `sources`.

Not here: what a source is (``panoptic_data.ingest.sources``).
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

__all__ = ["SOURCES", "sync"]

SOURCES = dg.DynamicPartitionsDefinition(name="sources")


def sync(instance: dg.DagsterInstance, names: Sequence[str]) -> None:
    """Make the instance's partitions equal to the names of the sources."""
    existing = set(instance.get_dynamic_partitions("sources"))
    added = [name for name in names if name not in existing]
    if added:
        instance.add_dynamic_partitions("sources", added)
    for removed in sorted(existing.difference(names)):
        instance.delete_dynamic_partition("sources", removed)
