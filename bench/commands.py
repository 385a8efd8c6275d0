"""What a command costs before it does anything: `panoptic status`, `query` and others.

    python -m bench.commands PROJECT [times]

Runs each in a process of its own and prints the least processor time, which other programs change
little, and the least time by the clock.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

COMMANDS = (
    ("--help",),
    ("status",),
    ("sources",),
    ("query", "width>1", "-k", "5"),
    ("search", "image:{sha1}", "-k", "5"),
)


def main() -> None:
    """Print the times."""
    root = sys.argv[1]
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    sha1 = _first_image(root)
    print(f"{'command':<40}{'processor':>12}{'clock':>12}")
    for command in COMMANDS:
        arguments = [part.format(sha1=sha1) for part in command]
        if command != ("--help",):
            arguments += ["--project", root]
        measured = [_run(arguments) for _ in range(times)]
        processor, clock = (min(values) for values in zip(*measured, strict=True))
        print(f"{' '.join(command):<40}{processor:>10.2f} s{clock:>10.2f} s")


def _first_image(root: str) -> str:
    from panoptic_data.storage.project import open_project

    sha1s = open_project(root).database().read("images", ["sha1"])["sha1"].to_pylist()
    return min(sha1s)


def _run(arguments: list[str]) -> tuple[float, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments], stdout=subprocess.DEVNULL, check=True
    )
    clock = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, clock


if __name__ == "__main__":
    main()
