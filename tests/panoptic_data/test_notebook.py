"""The public surface of ``panoptic_data``, and docs/api.md, which shows it."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import panoptic_data
from panoptic_data.errors import InvalidProperty, UsageError
from tests import small_corpus, synthetic

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/api.md").read_text("utf-8")


def test_importing_the_package_imports_nothing_heavy():
    heavy = {"polars", "pyarrow", "lancedb", "torch", "numpy", "PIL", "pydantic"}
    script = f"import sys, panoptic_data; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_all_is_what_can_be_imported():
    script = (
        "import panoptic_data\n"
        "names = [n for n in dir(panoptic_data) if not n.startswith('_')]\n"
        "assert names == sorted(panoptic_data.__all__), names\n"
        "for name in names: getattr(panoptic_data, name)\n"
        "exec('from panoptic_data import *'); assert all(name in globals() for name in names)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_public_name_is_explained_in_the_docs():
    listed = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    assert [name for name, _ in listed] == sorted(panoptic_data.__all__)
    for name in panoptic_data.__all__:
        assert inspect.getdoc(getattr(panoptic_data, name)), name


def test_the_examples_of_the_docs_run(tmp_path):
    folder = tmp_path / "posters"
    folder.mkdir()
    names = [f"red-{n}.png" for n in range(6)] + [f"blue-{n}.jpg" for n in range(6)]
    for number, name in enumerate(names):
        small_corpus.picture(number).save(folder / name)
    kinds = ["poster"] * 6 + ["bill"] * 6
    lines = [f"{name},{kind}" for name, kind in zip(names, kinds, strict=True)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,Kind", *lines]), "utf-8")
    session = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-c", session],
        capture_output=True, text=True, cwd=tmp_path, env={**environment, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_property_that_the_project_has_not_is_an_error_never_everything(tmp_path):
    war, other = (synthetic.project(tmp_path / name) for name in ("war", "other"))
    synthetic.write(war, "files", [synthetic.file("posters/a.jpg", "a")])
    synthetic.write(war, "images", [synthetic.image("a")])
    foreign = panoptic_data.create_property(other, "sujets", "tags")
    for query in ("sujets:none", "sort:sujets"):
        for act in (panoptic_data.parse_view, panoptic_data.select_images):
            with pytest.raises(UsageError):
                act(war, query)
        with pytest.raises(UsageError):
            panoptic_data.export(war, "csv", tmp_path / "out.csv", view=query)
    field = f"p:tags:{foreign.id}"
    views = (
        panoptic_data.View(where=(panoptic_data.Condition(field, "empty"),)),
        panoptic_data.View(sort=(panoptic_data.Sort(field),)),
    )
    for view in views:
        with pytest.raises(InvalidProperty):
            panoptic_data.select_images(war, view)
        with pytest.raises(InvalidProperty):
            panoptic_data.export(war, "csv", tmp_path / "out.csv", view=view)
    with pytest.raises(InvalidProperty):
        panoptic_data.read_values(war, foreign)
    ours = panoptic_data.create_property(war, "sujets", "tags")
    assert panoptic_data.select_images(war, "sujets:none").height == 1
    assert panoptic_data.read_values(war, ours).is_empty()
