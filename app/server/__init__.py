"""The web server of the dashboard, its start, and who may speak to it."""
