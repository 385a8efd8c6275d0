"""Values that come from other programs: spreadsheets and projects of Panoptic."""
