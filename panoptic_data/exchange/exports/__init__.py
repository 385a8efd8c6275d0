"""Exports: a view, a selection or all of a project as files for people and other programs.

``run.export`` is the door; ``formats`` lists the formats, each of which has a module of its own.
"""
