"""Components: one folder each, a typed Python wrapper over plain JavaScript and CSS.

Modules directly in this folder are shared between them; a browser loads each once, so what
they hold (selection, tile size, panels, waiting) is one value for the whole window. Not here:
what a page shows (``screens``).
"""
