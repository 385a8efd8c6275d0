"""Words need a ready encoder that reads them."""

import pytest

from panoptic_data.encoders import parse
from panoptic_data.errors import (
    NoEmbeddings,
    TextNotSupported,
    WeightsUnavailable,
)
from panoptic_data.ingest import images, sources
from panoptic_data.search.by_image import similar
from panoptic_data.search.by_text import by_text
from panoptic_data.storage.project import create_project
from panoptic_data.vectors import embeddings, encoder_state
from tests.small_corpus import write_pictures
from tests.vectors import SLUG, add_files, embed, grouped, sha1s


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def test_words_need_an_encoder_that_reads_them(project, tmp_path):
    write_pictures(tmp_path / "pictures", range(3))
    images.ingest(project, sources.add(project, tmp_path / "pictures"), "r1")
    embeddings.update(project, parse(SLUG), "r1")
    with pytest.raises(TextNotSupported):
        by_text(project, "a cat", SLUG)


def test_a_waiting_encoder_raises_its_cause_without_being_loaded(project):
    spec = parse("clip:local-dir:/nowhere/at/all")
    encoder_state.prepare(project, spec.text, "r1")
    names, (vectors, _) = sha1s(5), grouped(5)
    embed(project, names, vectors, spec.slug)
    add_files(project, names)
    with pytest.raises(WeightsUnavailable) as error:
        by_text(project, "a cat", spec.slug)
    assert error.value.cause == "absent: /nowhere/at/all/open_clip_config.json"
    # What needs no weights still works.
    assert len(similar(project, [names[0]], spec.slug)) == 4


def test_without_embeddings_a_search_raises(project):
    for search in (similar, by_text):
        with pytest.raises(NoEmbeddings):
            search(project, [sha1s(1)[0]] if search is similar else "a cat", SLUG)
