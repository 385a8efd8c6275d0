"""When Dagster's daemon carries a change on by itself: once its sensors are switched on.

Not here: noticing that folders changed (``sensors``).
"""

from __future__ import annotations

import dagster as dg

__all__ = ["FOLLOW", "build_sensor"]

FOLLOW = dg.AutomationCondition.eager()


def build_sensor() -> dg.AutomationConditionSensorDefinition:
    """Return the sensor that carries changes downstream; a person switches it on."""
    return dg.AutomationConditionSensorDefinition(
        "downstream",
        target=dg.AssetSelection.all(),
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Makes anew what depends on something that was made.",
    )
