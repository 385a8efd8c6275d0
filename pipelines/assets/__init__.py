"""The assets, one module per table: what depends on what. Not here: how anything is computed.

None of these modules postpones its annotations: dagster evaluates that of ``context``.
"""
