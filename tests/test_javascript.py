"""The JavaScript of ``app/components``: its layout, rules and types, and its unit tests."""

import shutil
import subprocess
from pathlib import Path

import pytest

CHECKS = Path(__file__).with_name("javascript")
NPM = shutil.which("npm")

pytestmark = pytest.mark.skipif(
    NPM is None or not (CHECKS / "node_modules").is_dir(),
    reason="needs node, npm and `npm install --no-package-lock` in tests/javascript",
)


@pytest.mark.parametrize("script", ["layout", "lint", "types", "test"])
def test_javascript_passes(script):
    done = subprocess.run(
        [str(NPM), "run", "--silent", script],
        cwd=CHECKS, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
