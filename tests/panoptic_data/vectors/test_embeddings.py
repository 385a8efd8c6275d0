"""Every readable image gets a vector, once, whatever happens meanwhile."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from panoptic_data import encoders
from panoptic_data.encoders import parse
from panoptic_data.errors import UnknownEncoder, WeightsUnavailable
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import create_project
from panoptic_data.vectors import embeddings, encoder_state
from tests.models import small_timm
from tests.small_corpus import write_pictures

VISUAL = parse("visual")


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


@pytest.fixture
def folder(tmp_path):
    write_pictures(tmp_path / "pictures", range(40))
    return tmp_path / "pictures"


def ingest(project, folder, run="r1"):
    source = sources.add(project, folder)
    images.ingest(project, source, run)
    return source


def vectors(project, spec=VISUAL):
    names, matrix = embeddings.matrix(project, spec.slug)
    return dict(zip(names, matrix.tolist(), strict=True))


def image_sha1s(project):
    return set(project.database().read("images", ["sha1"])["sha1"].to_pylist())


def test_every_image_gets_a_vector_once(project, folder):
    ingest(project, folder)
    reports = []
    first = embeddings.update(project, VISUAL, "r1", report=lambda *seen: reports.append(seen))
    assert (first.rows, first.new, first.unchanged, first.failed) == (40, 40, 0, 0)
    assert reports[-1] == ("embeddings", 40, 40)
    assert first.parameters == {
        "text": "visual",
        "device": "cpu",
        "dtype": "float32",
        "batch": 32,
        "dim": 498,
        "fingerprint": "visual-1",
        "weights": None,
    }
    assert set(vectors(project)) == image_sha1s(project)
    second = embeddings.update(project, VISUAL, "r2")
    assert (second.rows, second.new, second.unchanged) == (40, 0, 40)
    assert second.is_unchanged
    assert second.data_version == first.data_version


def test_vectors_are_those_of_the_thumbnails_at_half_precision(project, folder):
    ingest(project, folder)
    embeddings.update(project, VISUAL, "r1")
    visual = encoders.load(VISUAL)
    for sha1, thumbnail in images.thumbnails(project, image_sha1s(project)).items():
        prepared = visual.prepare(Image.open(BytesIO(thumbnail)))
        expected = visual.encode(prepared[None])[0].astype(np.float16)
        # Alone or in a batch: some processors add float32 in another order, which may turn the
        # last bit of a half-precision number.
        difference = np.abs(np.array(vectors(project)[sha1], np.float16) - expected)
        assert (difference <= np.spacing(np.abs(expected))).all()


def test_matrix_is_sorted_and_unit(project, folder):
    ingest(project, folder)
    embeddings.update(project, VISUAL, "r1")
    names, matrix = embeddings.matrix(project, "visual")
    assert names == sorted(image_sha1s(project))
    assert (matrix.shape, matrix.dtype) == ((40, 498), np.float16)
    assert np.allclose(np.linalg.norm(matrix.astype(np.float32), axis=1), 1, atol=2e-3)


def test_nothing_embedded_is_an_empty_matrix(project):
    names, matrix = embeddings.matrix(project, "visual")
    assert (names, matrix.shape) == ([], (0, 0))
    empty = embeddings.update(project, VISUAL, "r1")
    assert (empty.rows, empty.new, empty.is_unchanged) == (0, 0, True)


def test_only_new_images_are_embedded(project, folder):
    source = ingest(project, folder)
    first = embeddings.update(project, VISUAL, "r1")
    before = vectors(project)
    write_pictures(folder, range(40, 45))
    images.ingest(project, source, "r2")
    assert len(embeddings.missing(project, "visual")) == 5
    second = embeddings.update(project, VISUAL, "r2")
    assert (second.rows, second.new, second.unchanged) == (45, 5, 40)
    assert second.data_version != first.data_version
    assert {sha1: vectors(project)[sha1] for sha1 in before} == before


def test_a_source_is_embedded_alone(project, folder, tmp_path):
    ingest(project, folder)
    write_pictures(tmp_path / "it's other", range(38, 44))
    other = ingest(project, tmp_path / "it's other")
    assert len(embeddings.missing(project, "visual", other.name)) == 6
    first = embeddings.update(project, VISUAL, "r1", source=other.name)
    assert (first.rows, first.new) == (6, 6)
    assert len(embeddings.missing(project, "visual")) == 38
    # Two of the pictures are in both: they have a vector already.
    second = embeddings.update(project, VISUAL, "r1", source="pictures")
    assert (second.rows, second.new, second.unchanged) == (40, 38, 2)


def test_what_was_pruned_loses_its_vector(project, folder):
    source = ingest(project, folder)
    first = embeddings.update(project, VISUAL, "r1")
    changed = next(folder.rglob("*.jpg"))
    before = image_sha1s(project)
    write_pictures(folder.parent / "else", range(90, 91))[0].replace(changed)
    images.ingest(project, source, "r2")
    # As a run that was killed between its deletions leaves it.
    gone = before - {
        sha1 for sha1 in project.database().read("files", ["sha1"])["sha1"].to_pylist()
    }
    project.database().delete("images", gone)
    second = embeddings.update(project, VISUAL, "r2")
    assert (second.rows, second.new, second.removed) == (40, 1, 1)
    assert set(vectors(project)) == image_sha1s(project)
    assert second.data_version != first.data_version


def test_a_missing_disk_costs_no_vector(project, folder):
    source = ingest(project, folder)
    embeddings.update(project, VISUAL, "r1")
    before = vectors(project)
    gone = sorted(folder.rglob("*.jpg"))[:10]
    contents = {path: path.read_bytes() for path in gone}
    for path in gone:
        path.unlink()
    images.ingest(project, source, "r2")
    away = embeddings.update(project, VISUAL, "r2")
    assert (away.rows, away.removed) == (30, 0)
    for path, content in contents.items():
        path.write_bytes(content)
    images.ingest(project, source, "r3")
    back = embeddings.update(project, VISUAL, "r3")
    assert (back.rows, back.new) == (40, 0)
    assert vectors(project) == before


class Killed(BaseException):
    """Stands for the end of a process: nothing may catch it."""


@pytest.mark.parametrize("after", [1, 2])
def test_a_run_that_ends_midway_is_continued(project, folder, tmp_path, monkeypatch, after):
    monkeypatch.setattr(embeddings, "COMMIT_ROWS", 8)
    spec = parse(f"timm:test_vit?checkpoint={small_timm(tmp_path / 'x.pt')}")
    ingest(project, folder)
    other = create_project(tmp_path / "undisturbed")
    ingest(other, folder)
    seen = []

    def end(*progress):
        seen.append(progress)
        if len(seen) == after:
            raise Killed

    with pytest.raises(Killed):
        embeddings.update(project, spec, "r1", report=end)
    embeddings.update(project, spec, "r2")
    embeddings.update(other, spec, "r1")
    assert vectors(project, spec) == vectors(other, spec)
    assert len(vectors(project, spec)) == 40


def test_other_weights_at_the_same_path_mean_other_vectors(project, folder, tmp_path):
    file = small_timm(tmp_path / "x.pt", seed=1)
    spec = parse(f"timm:test_vit?checkpoint={file}")
    ingest(project, folder)
    first = embeddings.update(project, spec, "r1")
    before = vectors(project, spec)
    version = project.database().version(f"embeddings__{spec.slug}")
    small_timm(file, seed=2)
    second = embeddings.update(project, spec, "r2")
    assert (second.rows, second.new, second.unchanged) == (40, 40, 0)
    assert second.data_version != first.data_version
    assert project.database().version(f"embeddings__{spec.slug}") > version
    after = vectors(project, spec)
    assert after.keys() == before.keys()
    assert [sha1 for sha1 in after if after[sha1] == before[sha1]] == []


def test_a_touched_checkpoint_of_the_same_weights_keeps_its_vectors(project, folder, tmp_path):
    file = small_timm(tmp_path / "x.pt")
    spec = parse(f"timm:test_vit?checkpoint={file}")
    ingest(project, folder)
    first = embeddings.update(project, spec, "r1")
    file.touch()
    second = embeddings.update(project, spec, "r2")
    assert (second.new, second.data_version) == (0, first.data_version)
    assert second.is_unchanged


def test_an_image_without_pixels_is_counted_and_the_others_go_on(project, folder):
    ingest(project, folder)
    lost = sorted(image_sha1s(project))[3]
    project.database().delete("images", [lost])
    result = embeddings.update(project, VISUAL, "r1")
    assert (result.rows, result.new, result.failed) == (39, 39, 1)
    assert result.extra["reasons"] == {"missing": 1}
    assert result.extra["failures"] == [[lost, "missing"]]


def test_an_encoder_that_wants_more_than_the_thumbnail_reads_the_file(project, tmp_path):
    folder = tmp_path / "large"
    [path] = write_pictures(folder, range(1), size=(1200, 900))
    ingest(project, folder)
    spec = parse(
        f"timm:test_resnet?checkpoint={small_timm(tmp_path / 'x.pt', 'test_resnet')}&size=512"
    )
    embeddings.update(project, spec, "r1")
    [actual] = vectors(project, spec).values()
    encoder = encoders.warm(spec)
    assert encoder.input_size == 538
    from_original = encoder.encode(encoder.prepare(Image.open(path))[None])[0]
    assert float(np.array(actual) @ from_original) > 0.999


def row(project, slug):
    return project.database().take("encoders", [slug]).to_pylist()[0]


def test_a_ready_encoder_is_described_in_its_table(project):
    spec, encoder, cause = encoder_state.prepare(project, "visual", "r1")
    assert (spec, cause) == (VISUAL, None)
    assert encoder is not None
    actual = row(project, "visual")
    assert datetime.now(UTC) - actual.pop("checked_at") < timedelta(minutes=1)
    assert actual == {
        "slug": "visual",
        "text": "visual",
        "status": "ready",
        "cause": None,
        "dim": 498,
        "reads_text": False,
        "fingerprint": "visual-1",
        "device": "cpu",
        "dtype": "float32",
        "batch": 32,
        "rate": None,
        "run": "r1",
        "weights": None,
        "weights_stamp": None,
    }
    # Nothing has changed: nothing is loaded.
    assert encoder_state.prepare(project, "visual", "r2") == (VISUAL, None, None)
    assert row(project, "visual")["run"] == "r1"


def test_an_encoder_without_weights_waits_and_is_tried_again(project, folder, tmp_path):
    file = tmp_path / "late.pt"
    text = f"timm:test_vit?checkpoint={file}"
    spec, encoder, cause = encoder_state.prepare(project, text, "r1")
    assert (spec, encoder, cause) == (parse(text), None, f"absent: {file}")
    waiting = row(project, spec.slug)
    assert (waiting["status"], waiting["cause"], waiting["reads_text"]) == (
        "waiting",
        f"absent: {file}",
        False,
    )
    # Not asked again so soon.
    assert encoder_state.prepare(project, text, "r2") == (spec, None, f"absent: {file}")
    assert row(project, spec.slug)["run"] == "r1"
    # Unless someone wants it.
    encoder_state.prepare(project, text, "r3", retry=True)
    assert row(project, spec.slug)["run"] == "r3"
    ingest(project, folder)
    with pytest.raises(WeightsUnavailable):
        embeddings.update(project, spec, "r3")
    small_timm(file)
    _, encoder, cause = encoder_state.prepare(project, text, "r4")
    assert (encoder.spec, cause) == (spec, None)
    assert row(project, spec.slug)["status"] == "ready"
    assert embeddings.update(project, spec, "r4").new == 40


def test_after_an_hour_the_hub_is_queried_again(project, monkeypatch):
    loaded_specs = []

    def offline(spec, *_):
        loaded_specs.append(spec)
        raise WeightsUnavailable(spec.text, "offline", "huggingface.co")

    # Whether this machine has a network must not matter here.
    monkeypatch.setattr(encoders, "load", lambda spec, **_: offline(spec))
    for _ in range(2):
        assert encoder_state.prepare(project, "clip", "r1")[2] == "offline: huggingface.co"
    assert len(loaded_specs) == 1
    monkeypatch.setattr(encoder_state, "RECHECK_AFTER", timedelta(seconds=0))
    encoder_state.prepare(project, "clip", "r2")
    assert len(loaded_specs) == 2


def test_weights_that_went_away_leave_the_vectors(project, folder, tmp_path):
    file = small_timm(tmp_path / "x.pt")
    spec = parse(f"timm:test_vit?checkpoint={file}")
    ingest(project, folder)
    embeddings.update(project, spec, "r1")
    before = vectors(project, spec)
    file.unlink()
    assert encoder_state.prepare(project, spec.text, "r2")[2] == f"absent: {file}"
    waiting = row(project, spec.slug)
    # Its vectors serve: only new images have to wait.
    assert (waiting["status"], waiting["cause"], waiting["dim"]) == ("ready", f"absent: {file}", 64)
    assert vectors(project, spec) == before
    small_timm(file)
    assert embeddings.update(project, spec, "r3").new == 0
    assert vectors(project, spec) == before


def test_a_typo_is_no_reason_to_wait(project):
    with pytest.raises(UnknownEncoder):
        encoder_state.prepare(project, "clip:ViT-B32", "r1")


def test_two_encoders_coexist(project, folder, tmp_path):
    other = parse(f"timm:test_vit?checkpoint={small_timm(tmp_path / 'x.pt')}")
    ingest(project, folder)
    for spec in (VISUAL, other):
        assert embeddings.update(project, spec, "r1").new == 40
    assert vectors(project).keys() == vectors(project, other).keys()
    assert {len(vector) for vector in vectors(project, other).values()} == {64}


def test_weights_that_disappear_while_images_have_no_vector_are_recorded_in_the_table(
    project, folder, tmp_path
):
    file = small_timm(tmp_path / "x.pt")
    spec = parse(f"timm:test_vit?checkpoint={file}")
    encoder_state.prepare(project, spec.text, "r1")
    ingest(project, folder)
    file.unlink()
    with pytest.raises(WeightsUnavailable):
        embeddings.update(project, spec, "r1")
    waiting = row(project, spec.slug)
    assert (waiting["status"], waiting["cause"]) == ("waiting", f"absent: {file}")
