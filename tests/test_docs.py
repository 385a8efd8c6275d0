"""What the documents say of the program, held against the program."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# The changelog names files as they were.
DOCUMENTS = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")} - {ROOT / "CHANGELOG.md"})
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
# ``path/to/file.py`` in backticks, from the root or from one of the rooms.
FILE = re.compile(
    r"`((?:panoptic_data|pipelines|app|tests|bench|docs)/[\w./-]+\.(?:py|js|css|toml|json))`"
)


def test_the_page_of_the_command_line_is_what_help_prints():
    page = runpy.run_path(str(ROOT / "docs/write_cli.py"))["page"]()
    assert (ROOT / "docs/cli.md").read_text("utf-8") == page, "uv run python docs/write_cli.py"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_and_file_names_lead_somewhere(document):
    text = document.read_text("utf-8")
    links = [link for link in LINK.findall(text) if "://" not in link]
    missing = [link for link in links if not (document.parent / link).exists()]
    assert missing + [name for name in FILE.findall(text) if not (ROOT / name).exists()] == []
