"""What was computed when, by which code and with which parameters. Not here: the computing."""
