"""Components: one folder each, a typed Python wrapper over plain JavaScript and CSS.

JavaScript in ``shared`` is used by several of them; a browser loads each module once, so its state
(selection, tile size, panels) is one for the whole window. Not here: what a page shows
(``screens``).
"""
