"""What one browser session holds: the view, the page, the language."""
