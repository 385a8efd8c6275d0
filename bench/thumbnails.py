"""A page of the gallery: 200 thumbnails by sha1, as the server looks them up.

    python -m bench.thumbnails [images] [directory]

Writes a synthetic corpus, kept in the directory for the next run, and prints each time beside its
budget.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from app.api.images import Thumbnails
from panoptic_data.storage import project, schema

PAGE = 200
THUMBNAIL_BYTES = 30_000
WRITTEN_AT_ONCE = 5_000


def main() -> None:
    """Print the times."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp())
    opened = project.create_project(root, "bench")
    sha1s = [hashlib.sha1(str(number).encode()).hexdigest() for number in range(count)]
    if opened.database().count("images") != count:
        _write(opened, sha1s)
    draw = random.Random(0)
    asyncio.run(_request(opened, draw.sample(sha1s, PAGE)))
    cold = [asyncio.run(_request(opened, draw.sample(sha1s, PAGE))) for _ in range(20)]
    _print_row("200 never asked before, median", statistics.median(cold))
    _print_row("200 never asked before, worst", max(cold))
    _print_row(
        "200 in the order of a view", asyncio.run(_request(opened, sha1s[1000 : 1000 + PAGE]))
    )


async def _request(opened: project.Project, sha1s: Sequence[str]) -> float:
    thumbnails = Thumbnails(opened)
    began = time.perf_counter()
    results = await asyncio.gather(*(thumbnails.get(sha1) for sha1 in sha1s))
    seconds = time.perf_counter() - began
    assert all(results)
    return seconds


def _write(opened: project.Project, sha1s: Sequence[str]) -> None:
    database = opened.database()
    image_schema = schema.arrow("images")
    draw = random.Random(1)
    for start in range(0, len(sha1s), WRITTEN_AT_ONCE):
        block = sha1s[start : start + WRITTEN_AT_ONCE]
        filled = {"sha1": block, "thumbnail": [draw.randbytes(THUMBNAIL_BYTES) for _ in block]}
        columns = {
            field.name: pa.array(filled[field.name], field.type)
            if field.name in filled
            else pa.nulls(len(block), field.type)
            for field in image_schema
        }
        database.append("images", pa.table(columns, schema=image_schema))
    database.compact("images")


def _print_row(what: str, seconds: float) -> None:
    print(f"{what:32} {seconds * 1000:8.1f} ms   budget 50 ms")


if __name__ == "__main__":
    main()
