"""A project on disk: its folder, its tables and their schema, and who may write when."""

from panoptic_data.storage.deferred import CLIENTS, defer

defer(CLIENTS)
