"""What is called alike where all images are alike: pages of one hand, beside photographs."""

from dataclasses import replace

import numpy as np
import pytest

from panoptic_data.catalogue import registry
from panoptic_data.duplicates import detect, review
from panoptic_data.duplicates.sureness import LEVELS, limits, sureness
from panoptic_data.encoders import parse
from panoptic_data.ingest import images, sources
from panoptic_data.provenance import runs, stages
from panoptic_data.provenance.stages import CODE_VERSIONS
from panoptic_data.storage.project import create_project
from panoptic_data.storage.schema import table_name
from panoptic_data.tracing.facts import facts
from panoptic_data.tracing.trace import trace
from panoptic_data.vectors import embeddings, neighbours, spread
from tests import synthetic, text_pages
from tests.images import shared
from tests.vectors import SLUG, embed, grouped, sha1s

PAGES, COPIES, PHOTOGRAPHS = 56, 3, 60


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Pages of one hand, copies of some, and photographs; seen by a network for photographs."""
    root = tmp_path_factory.mktemp("alike")
    text_pages.write(root / "pictures/pages", PAGES, again=COPIES)
    photographs = sorted(shared("clothing-1k").rglob("*.jpg"))[:: 1000 // PHOTOGRAPHS]
    (root / "pictures/photographs").mkdir()
    for path in photographs[:PHOTOGRAPHS]:
        (root / "pictures/photographs" / path.name).symlink_to(path)
    project = create_project(root / "project")
    images.ingest(project, sources.add(project, root / "pictures"), "r1")
    weights = shared("weights/mobilenetv2_100.pt")
    options = "&pad_type=same&mean=0.5&std=0.5"
    spec = parse(f"timm:mobilenetv2_100?checkpoint={weights}{options}")
    embeddings.update(project, spec, "r1")
    neighbours.update(project, spec.slug, "r1")
    return project, spec.slug


def groups_of(project, slug):
    files = dict(project.database().frame("files").select("sha1", "path").iter_rows())
    rows = project.database().frame("duplicates").filter(kind=f"semantic:{slug}")
    grouped_rows = rows.group_by("group", maintain_order=True)
    return sorted(sorted(files[sha1] for sha1 in part["sha1"]) for _, part in grouped_rows)


def assert_same(limit, other):
    assert (limit.threshold, limit.own.rows()) == (other.threshold, other.own.rows())


def test_different_pages_of_one_hand_are_not_alike(mixed):
    project, slug = mixed
    result = detect.update(project, "r1", [slug])
    expected = [
        [f"pages/page_{number:03}.jpg", f"pages/page_{number:03}_again.jpg"]
        for number in range(COPIES)
    ]
    assert groups_of(project, slug) == expected
    least = result.parameters["similarity"][slug]
    assert result.parameters["usual"]["timm"] == detect.SIMILARITY["timm"] <= least
    # One cosine for all corpora puts nearly all pages together.
    detect.update(project, "r2", [slug], similarity={slug: detect.SIMILARITY["timm"]})
    assert max(map(len, groups_of(project, slug))) > PAGES / 3
    # It is computed from the neighbours alone, in whatever order these came.
    detect.update(project, "r3", [slug])
    assert groups_of(project, slug) == expected


def test_pages_alone_raise_the_limit_of_the_corpus(mixed, tmp_path):
    project, slug = mixed
    sha1s_of, vectors = embeddings.matrix(project, slug)
    paths = dict(project.database().frame("files").select("sha1", "path").iter_rows())
    is_page = np.array([paths[sha1].startswith("pages/") for sha1 in sha1s_of])
    pages = [sha1 for sha1, kept in zip(sha1s_of, is_page, strict=True) if kept]
    alone = create_project(tmp_path / "alone")
    embed(alone, pages, vectors[is_page])
    neighbours.update(alone, SLUG, "r1")
    mixed_limit = spread.limit(project, slug, 0.92)
    limit = spread.limit(alone, SLUG, 0.92)
    assert limit.threshold > 0.99 > mixed_limit.threshold
    assert_same(limit, spread.limit(alone, SLUG, 0.92))
    # Projects of before hold only the lists.
    table = table_name("neighbours", SLUG)
    rows = alone.database().read(table)
    alone.database().drop(table)
    nulls = {name: None for name in ("length", "weakest", "nearest")}
    synthetic.write(alone, table, [row | nulls for row in rows.to_pylist()])
    assert_same(limit, spread.limit(alone, SLUG, 0.92))


def test_few_images_have_the_usual_limit(tmp_path):
    project = create_project(tmp_path / "few")
    names, (vectors, _) = sha1s(30), grouped(30, dim=48, width=0.01)
    embed(project, names, vectors)
    neighbours.update(project, SLUG, "r1")
    assert_same(spread.limit(project, SLUG, 0.98), spread.Limit(0.98))


def test_what_changes_little_by_little_is_no_group(tmp_path):
    project = create_project(tmp_path / "chain")
    turns = np.linspace(0, np.pi / 2, 200)
    vectors = np.zeros((200, 48), np.float32)
    vectors[:, 0], vectors[:, 1] = np.cos(turns), np.sin(turns)
    names = sha1s(200)
    embed(project, names, vectors)
    neighbours.update(project, SLUG, "r1")
    detect.update(project, "r1", [SLUG])
    rows = project.database().frame("duplicates").filter(kind=f"semantic:{SLUG}")
    assert rows.group_by("group").len()["len"].max() < 12


def test_lineage_says_the_limit_and_where_it_comes_from(mixed):
    project, slug = mixed
    # Rows that stay as they are keep the run that made them.
    project.database().drop("duplicates")
    with runs.start(project, "process", {}) as run:
        result = detect.update(project, run.id, [slug])
        stages.record(project, "duplicates", result, {}, CODE_VERSIONS["duplicates"], run.id)
    least = result.parameters["similarity"][slug]
    assert limits(project) == {f"semantic:{slug}": pytest.approx(1 - least)}
    group = project.database().frame("duplicates").filter(kind=f"semantic:{slug}")["group"][0]
    lineage = trace(project, group.rpartition(":")[2], f"duplicates:{group}")[0]
    [step] = [step for step in lineage.steps if step.kind == "duplicates"]
    named = dict(facts(step, "en"))
    assert named["Alike from a similarity of"] == f"{least:.4g}"
    assert f"{slug} {least:.4g}" in named["Parameters"]


def test_groups_are_as_sure_as_the_images_around_them_allow(mixed):
    project, slug = mixed
    project.database().drop("duplicates")
    with runs.start(project, "process", {}) as run:
        result = detect.update(project, run.id, [slug])
        stages.record(project, "duplicates", result, {}, CODE_VERSIONS["duplicates"], run.id)
    kind = f"semantic:{slug}"
    groups = review.open_groups(registry.get(project, fresh=True), kind)
    distances = sorted(groups.frame["distance"].to_list())
    pages = [group for group in groups.frame["place"] if "pages" in group]
    assert len(pages) == len(distances) == COPIES
    # What a page allows is little beside what photographs do, by which the corpus is measured.
    most = dict(spread.limit(project, slug, 0.0).own.select("sha1", "most").iter_rows())
    assert distances[-1] / limits(project)[kind] < 0.1 < distances[0] / min(most.values())
    rows = groups.frame.sort("distance").to_dicts()
    images = [[row["keeper"], *row["others"]] for row in rows]
    parts = [
        row["distance"] / min(map(most.get, them)) for row, them in zip(rows, images, strict=True)
    ]
    worst = np.maximum.accumulate(parts)
    levels = [LEVELS[1 + sum(part > limit for limit in (1 / 3, 2 / 3))] for part in worst]
    assert sureness(project, groups, distances) == levels
    assert sureness(project, replace(groups, kind="near"), [1.0]) == ["compared"]
    assert sureness(project, replace(groups, kind="semantic:other"), [1.0]) == [None]
