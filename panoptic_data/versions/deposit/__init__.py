"""A corpus version as files that others can open, cite and check, without the originals.

- ``archive``: all tables of a version in one zip of Parquet files, and reading one back;
- ``bag``: the folder of a deposit (BagIt 1.0), its checksums;
- ``description``: what a person says of it: title, licence, authors, identifiers;
- ``crate``, ``croissant``, ``datacite``, ``citation``, ``iiif``, ``card``: what is said of it in
  each format;
- ``deposit`` writes all of it, ``imported`` makes a project of it.

Not here: making a version (``versions.create``).
"""
