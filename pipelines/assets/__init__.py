"""The assets, one file a table: what depends on what. Not here: how anything is computed.

None of these modules postpones its annotations: dagster reads that of ``context`` as a type.
"""
