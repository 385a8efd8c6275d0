"""Corpus versions: named, immutable states of the whole corpus that can be opened again.

A version is one row of `corpus_versions` and, for each table, a pin that keeps the table's version
of that moment (``storage.connection``). What was open then is read through a project at that
version (``opened``): every view, search and export works on it, and nothing can be written.

- ``record``: what a version is, and the rows of the table;
- ``content``: the digest of all that a corpus holds;
- ``create``, ``opened``, ``delete``, ``verify``, ``diff``, ``restore``: what can be done with one.

Not here: the pages and commands (``app``).
"""
