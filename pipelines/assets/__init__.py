"""The assets, one file a table: what depends on what. Not here: how anything is computed."""
