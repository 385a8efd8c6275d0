"""The query language: text to a view and back, in English and French."""
