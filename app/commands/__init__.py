"""One file a command; each has ``run(chosen) -> exit code``. Not here: arguments (``app.cli``)."""
