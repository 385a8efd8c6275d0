"""Automation of Dagster's daemon: downstream assets follow a change, once this is switched on.

Not here: noticing that folders changed (``sensors``).
"""

from __future__ import annotations

import dagster as dg

__all__ = ["EAGER", "build_sensor"]

EAGER = dg.AutomationCondition.eager()


def build_sensor() -> dg.AutomationConditionSensorDefinition:
    """Return the sensor that materializes what is downstream of a change; off by default."""
    return dg.AutomationConditionSensorDefinition(
        "downstream",
        target=dg.AssetSelection.all(),
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Makes anew what depends on something that was made.",
    )
