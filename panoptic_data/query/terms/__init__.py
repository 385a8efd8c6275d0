"""Single terms of a query, ``field:value``: each kind of value, read and written."""
