"""A view as data: filter, sort, groups, display; its fields, and what is saved under a name."""
