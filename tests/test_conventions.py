"""What the project promises of its own code, kept by tests instead of prose."""

import ast
import importlib
import pkgutil
import re
import string
import subprocess
import sys
import types
from functools import cache
from pathlib import Path

import pytest

from panoptic_data import errors, messages

ROOT = Path(__file__).parent.parent
ROOMS = ("panoptic_data", "pipelines", "app")
ERRORS = [getattr(errors, name) for name in errors.__all__ if name[0].isupper()]
TESTS = sorted(p for p in (ROOT / "tests").rglob("*.py") if "node_modules" not in p.parts)
SOURCES = sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py"))
MODULES = sorted((ROOT / "app/components").rglob("*.js"))


def test_rooms_import_in_one_direction():
    script = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [script, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_code_is_formatted_and_lint_free():
    ruff = Path(sys.executable).with_name("ruff")
    for arguments in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = subprocess.run(
            [ruff, *arguments, *ROOMS, "tests", "bench"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


def test_types_agree():
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", "/dev/null"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_catalogues_hold_the_same_keys_and_placeholders():
    assert messages.keys("en") == messages.keys("fr")
    for key in messages.keys("en"):
        fields = {
            language: {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for language in messages.LANGUAGES
            for text in [messages.translate(key, language)]
        }
        assert fields["en"] == fields["fr"], key


def test_french_texts_have_the_apostrophe_of_print():
    texts = {key: messages.translate(key, "fr") for key in messages.keys("fr")}
    assert [key for key, text in texts.items() if "'" in text] == []


def test_french_marks_never_begin_a_line_of_their_own():
    parted = re.compile("[ \u00a0](?:[;:?!»](?=\\s|$)|»)|«[ \u00a0]")
    texts = {key: messages.translate(key, "fr") for key in messages.keys("fr")}
    plain = {key: re.sub("`[^`]*`", "", text) for key, text in texts.items()}
    assert not [key for key, text in plain.items() if parted.search(text)]


def test_every_error_has_its_text():
    for error in ERRORS:
        assert f"error.{error.key}" in messages.keys("en")


def test_every_error_is_in_the_tree_that_the_docs_print():
    for error in ERRORS:
        assert re.search(rf"\b{error.__name__}\b", errors.__doc__ or "")


def test_every_module_says_what_it_is_for():
    trees = {path: _tree(path) for path in SOURCES}
    assert [p for p, tree in trees.items() if tree.body and not ast.get_docstring(tree)] == []


@pytest.mark.parametrize("room", ["panoptic_data"])
def test_public_names_exist_and_are_sorted(room):
    package = importlib.import_module(room)
    for module in pkgutil.walk_packages(package.__path__, f"{room}."):
        public = getattr(importlib.import_module(module.name), "__all__", None)
        if public is None:
            continue
        assert list(public) == sorted(public, key=_ruff_order), module.name
        for name in public:
            assert hasattr(importlib.import_module(module.name), name)


def test_no_file_in_app_hides_a_library():
    # Streamlit puts the entry script's folder first on sys.path.
    taken = sys.stdlib_module_names | {"polars", "plotly", "streamlit", "starlette", "numpy", "PIL"}
    assert [p.stem for p in (ROOT / "app").glob("*.py") if p.stem in taken] == []


def test_no_module_is_a_drawer_for_everything():
    vague = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
    assert [p for p in SOURCES if p.stem in vague] == []


# Words that only this project would understand, and what the field says instead. Not `place`: the
# position of a tag among its siblings is stored under that name.
PLAIN = {
    "told": "payload, message, text, formatted",
    "said": "text, message",
    "asked": "request, query",
    "found": "result, matches",
    "lie": "row_addresses",
    "deed": "batch summary",
    "deeds": "batch summaries",
    "stand": "status",
    "standing": "status",
    "lack": "empty state",
    "settle": "sync_table",
    "brought": "loaded, imported",
}
# As whole names: `one_of` is plain English.
PLAIN_ALONE = {"one": "the thing itself: row, image, tag"}
LONGEST = 450


def test_names_are_words_of_the_field():
    assert _riddles_by_file({path: _names(path) for path in SOURCES}) == {}


def test_names_in_tests_are_words_of_the_field():
    # A test is called by a sentence; what it says of the program is plain English.
    names = {p: {name for name in _names(p) if not name.startswith("test_")} for p in TESTS}
    assert _riddles_by_file(names, {"made": "created, opened"}) == {}


def test_names_in_javascript_are_words_of_the_field():
    # Neither comments, texts, nor keys of messages.
    aside = r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\])*\"|texts\.\w+|`\w+(?=\$\{)"
    texts = {p: re.sub(aside, "", p.read_text("utf-8"), flags=re.DOTALL) for p in MODULES}
    # Two keys of what the routes answer keep their names.
    names = {
        path: set(re.findall(r"[A-Za-z_$][\w$]*", text)) - {"said", "found"}
        for path, text in texts.items()
    }
    assert _riddles_by_file(names) == {}


def test_no_file_is_longer_than_one_can_read():
    lengths = {p: len(p.read_text("utf-8").splitlines()) for p in SOURCES}
    assert {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > LONGEST} == {}


def _riddles_by_file(names, more=types.MappingProxyType({})):
    """Return file → name → what to say instead, of the files with any."""
    riddles = {str(path.relative_to(ROOT)): _riddles(some, more) for path, some in names.items()}
    return {path: some for path, some in riddles.items() if some}


def _riddles(names, more):
    alone = {name: (PLAIN_ALONE | more)[name] for name in names if name in PLAIN_ALONE | more}
    return alone | {w: PLAIN[w] for name in names for w in _words(name) if w in PLAIN}


def _names(path):
    return set(_names_in_order(path))


@cache
def _tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def _names_in_order(path):
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def _words(name):
    """Split ``is_inNames`` into its words: is, in, names. Not found is what Python calls it."""
    name = name.replace("NotFound", "").replace("not_found", "")
    return [w for w in re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_") if w]


def _ruff_order(name):
    # ruff sorts __all__ as constants, classes, then the rest.
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[0].isupper() else 2
    return kind, name
