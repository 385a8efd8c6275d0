"""Words that nothing in the corpus shows: every way to search says so, and gives the nearest."""

import json

import numpy as np
import pytest

from app.commands import query as query_command
from panoptic_data import notebook
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.frozen_results import freeze
from panoptic_data.catalogue.similarity import NEAREST_COUNT
from panoptic_data.encoders import parse
from panoptic_data.exchange.exports.run import estimate, export
from panoptic_data.ingest import images, sources
from panoptic_data.search.compare import compare
from panoptic_data.search.find import find
from panoptic_data.storage.project import add_encoder, create_project
from panoptic_data.vectors import embeddings, query_vectors, scores
from panoptic_data.views import model
from panoptic_data.views.search_expression import parse as parse_expression
from tests.images import shared

PRESENT = ("dress", "shoes", "jeans")
ABSENT = ("zzz", "a spaceship", "volcano", "golden retriever")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("absent")
    for kind in ("dress", "hat", "pants", "shoes"):
        for path in sorted((shared("clothing-1k") / kind).glob("*.jpg"))[:20]:
            target = root / "pictures" / kind / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    project = create_project(root / "project")
    images.ingest(project, sources.add(project, root / "pictures"), "r1")
    spec = parse(f"clip:local-dir:{shared('weights/tiny-clip')}")
    embeddings.update(project, spec, "r1")
    return add_encoder(project, spec.text, first=True)


def result_of(project, text):
    view = notebook.parse_view(project, text)
    return run_view(registry.get(project), view)


def test_searches_know_what_is_not_there(project):
    for words in PRESENT:
        assert all(hit.is_clear for hit in find(project, words, k=5)), words
    for words in ABSENT:
        assert [hit.is_clear for hit in find(project, words, k=5)] == [False] * 5, words
    # Pictures are looked for by another measure, and so are mixtures with them.
    [shoe, *_] = notebook.search_images(project, "shoes", k=1)["sha1"]
    assert {hit.is_clear for hit in find(project, f"image:{shoe} + volcano", k=3)} == {None}
    # What is subtracted does not make nonsense clear, nor what is there unclear.
    assert find(project, "zzz - dress", k=1)[0].is_clear is False
    assert find(project, "shoes - hat", k=1)[0].is_clear is True
    slug = parse(project.encoders[0]).slug
    for words, is_clear in (("zzz", False), ("dress", True), (f"image:{shoe}", None)):
        assert compare(project, words, [slug], k=3).clear == (is_clear,)
    hits = notebook.search_images(project, "zzz", k=4)
    assert hits["is_clear"].to_list() == [False] * 4


def test_views_show_the_nearest_and_say_so(project):
    clear, unclear = result_of(project, "like:dress"), result_of(project, "like:zzz")
    assert (clear.is_unclear, unclear.is_unclear) == (False, True)
    best = [hit.sha1 for hit in find(project, "zzz", k=NEAREST_COUNT)]
    assert registry.get(project).sha1s(unclear.rows) == best
    # Within filters too, all where there are no more; a limit that was chosen holds.
    within = result_of(project, "folder:pictures/hat like:zzz")
    assert (len(within), within.is_unclear) == (20, True)
    for limited, count in (("like:zzz~top3", 3), ("like:zzz~-1", 80)):
        result = result_of(project, limited)
        assert (len(result), result.is_unclear) == (count, True), limited
    # There are jeans, but not among the hats.
    assert result_of(project, "folder:pictures/hat like:jeans").is_unclear
    assert not result_of(project, "like:jeans").is_unclear
    # Among other conditions it is one of them, and nothing is shown in its place.
    assert not result_of(project, "-like:zzz").is_unclear
    view = notebook.parse_view(project, "like:zzz")
    frozen = freeze(registry.get(project), view)
    assert run_view(frozen.catalogue(registry.get(project)), view).is_unclear


def test_exports_say_so(project, tmp_path):
    unclear, clear = (notebook.parse_view(project, text) for text in ("like:zzz", "like:dress"))
    exported = export(project, "sheet", tmp_path / "sheet", unclear)
    assert exported.is_unclear
    assert (tmp_path / "sheet/index.html").read_text("utf-8").count("Nothing here is clearly") == 1
    manifest = json.loads((tmp_path / "sheet/export.json").read_text("utf-8"))
    assert manifest["unclear"] is True
    assert estimate(project, "csv", unclear).is_unclear
    assert not estimate(project, "csv", clear).is_unclear
    assert not export(project, "csv", tmp_path / "dress.csv", clear).is_unclear


def test_the_command_says_so(project, capsys):
    class Arguments:
        project, version, address, k, json = None, None, False, 2, False

    for words, says in (("zzz", True), ("dress", False)):
        Arguments.project = str(project.root)
        Arguments.view = json.dumps(model.to_json(notebook.parse_view(project, f"like:{words}")))
        query_command.run(Arguments)
        printed = capsys.readouterr()
        assert len(printed.out.splitlines()) == 2
        assert ("Nothing here is clearly like this" in printed.err) is says


def test_made_up_words_take_the_place_of_words(project):
    slug = parse(project.encoders[0]).slug
    of = lambda text: query_vectors.of_expression(project, parse_expression(text), slug)  # noqa: E731
    [dress, coat] = query_vectors.of_texts(project, ["dress", "coat"], slug)
    mixed = of("2*hat - 0.5*dress")
    expected = 2 * coat - 0.5 * dress
    assert np.allclose(mixed.with_words(coat[None]), expected / np.linalg.norm(expected), atol=1e-6)
    assert of("hat").without_words is None
    assert not of("-dress").is_by_words
    assert scores.clear_cosine(project, slug, of("-dress")) is None
