"""``panoptic split``: training, validation and test as tags, copies never in two of them.

Not here: which images (``panoptic_data.sampling``), samples (``sample``).
"""

from __future__ import annotations

import argparse

from app.commands.sample import among_of, level_or_none, property_name, write
from panoptic_data.sampling.split import read_shares, split
from panoptic_data.storage.project import open_project

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Divide, tag unless it is a dry run, and say what came of it."""
    shares = read_shares(args.shares)
    project = open_project(args.project)
    among = among_of(project, args)
    sampled = split(among, args.seed, shares, level=level_or_none(project, args.by))
    return write(project, args, sampled, property_name(args, "split_property"), None, "")
