"""Some images of many: samples of a view, and its parts for training, validation and test."""
