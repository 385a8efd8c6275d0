"""Tags suggested by a model: from examples and answers, or from the tags' names alone."""
