"""Tags that a model suggests: by examples, or by words."""
