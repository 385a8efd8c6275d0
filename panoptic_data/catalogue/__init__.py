"""The corpus in memory, and what runs on it: filters, order, groups, counts, charts, map."""
