"""Screens: one function ``show`` each, called by the entry script.

Not here: parts that screens share (``widgets``), what holds on every page (``main``).
"""
