"""One module per command; each has ``run(args) -> exit code``.

``args`` holds the parsed arguments. Not here: which arguments there are (``app.cli``).
"""
