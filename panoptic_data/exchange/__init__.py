"""Import of values from other programs: spreadsheets, JSON, Parquet, projects of Panoptic."""
