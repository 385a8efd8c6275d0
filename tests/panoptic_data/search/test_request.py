"""What a search asks for: which encoder, which images it names, which a view shows."""

import numpy as np
import pytest

from panoptic_data.errors import NoEmbeddings, TextNotSupported, UnknownEncoder
from panoptic_data.search.request import encoder_for, resolve, shown_by
from panoptic_data.storage.project import create_project
from panoptic_data.storage.schema import arrow
from panoptic_data.views.model import Condition, View
from tests.vectors import SLUG, embed_with_files, grouped, sha1s


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def add_encoder(project, slug=SLUG, status="ready", reads_text=False):
    import pyarrow as pa

    row = {"slug": slug, "text": slug, "status": status, "reads_text": reads_text}
    schema = arrow("encoders")
    table = pa.Table.from_pylist([{name: row.get(name) for name in schema.names}], schema=schema)
    project.database().upsert("encoders", table)


def test_a_search_leaves_out_the_images_that_it_names_by_a_prefix(project):
    names, (vectors, _) = sha1s(20), grouped(20)
    embed_with_files(project, names, vectors)
    add_encoder(project)
    request = resolve(project, f"image:{names[3][:12]}", None)
    assert (request.slug, request.excluded) == (SLUG, {names[3]})
    own = vectors[3].astype(np.float32)
    assert request.query.vector == pytest.approx(own / np.linalg.norm(own), abs=1e-6)
    assert request.query.parts == pytest.approx((1, 0, 0, 0), abs=1e-6)


def test_an_encoder_may_be_requested_by_slug_or_by_text(project):
    add_encoder(project, "clip-other")
    assert encoder_for(project, reads_text=False, requested="clip-other") == "clip-other"
    assert encoder_for(project, reads_text=False, requested="visual") == "visual"
    with pytest.raises(UnknownEncoder) as refused:
        encoder_for(project, reads_text=False, requested="nothing")
    assert refused.value.params["known"] == ", ".join(project.encoders)


def test_the_first_ready_encoder_that_can_is_taken(project):
    with pytest.raises(NoEmbeddings):
        encoder_for(project, reads_text=False)
    add_encoder(project, "clip-waiting", "waiting", reads_text=True)
    add_encoder(project, SLUG)
    assert encoder_for(project, reads_text=False) == SLUG
    with pytest.raises(TextNotSupported):
        encoder_for(project, reads_text=True)
    add_encoder(project, "clip-ready", reads_text=True)
    assert encoder_for(project, reads_text=True) == "clip-ready"


def test_a_view_shows_some_of_the_embedded_images(project):
    names, (vectors, _) = sha1s(5), grouped(5)
    embed_with_files(project, names, vectors)
    view = View((Condition("name", "contains", names[2]),))
    assert shown_by(project, view, SLUG).tolist() == [name == names[2] for name in names]
    assert shown_by(project, View(), SLUG).all()
