"""The query vector of a search: signed, weighted sums of unit vectors."""

import numpy as np
import pytest

from panoptic_data.errors import InvalidExpression, NoEmbeddings, UnknownImage
from panoptic_data.storage.project import create_project
from panoptic_data.vectors import query_vectors
from panoptic_data.vectors.query_vectors import normalised, of_expression, with_full_sha1s
from panoptic_data.views.search_expression import parse
from tests.vectors import SLUG, embed_with_files, grouped, sha1s

NAMES = sha1s(30)
VECTORS = grouped(30)[0]


@pytest.fixture
def project(tmp_path):
    project = create_project(tmp_path / "corpus")
    embed_with_files(project, NAMES, VECTORS)
    return project


def unit(number):
    vector = VECTORS[number].astype(np.float64)
    return vector / np.linalg.norm(vector)


def test_terms_add_up_with_their_signs_and_weights(project):
    text = f"2*image:{NAMES[3]} + image:{NAMES[8]} - 0.5*image:{NAMES[20]}"
    query = of_expression(project, parse(text), SLUG)
    total = 2 * unit(3) + unit(8) - 0.5 * unit(20)
    assert query.vector.dtype == np.float32
    assert query.vector == pytest.approx(total / np.linalg.norm(total), abs=1e-5)
    added = float(np.linalg.norm(2 * unit(3) + unit(8)))
    assert query.parts == pytest.approx((added, 0.5, 0, 0), abs=1e-5)


def test_nothing_is_left_of_terms_that_cancel(project):
    text = f"image:{NAMES[3]} - image:{NAMES[3]}"
    with pytest.raises(InvalidExpression):
        of_expression(project, parse(text), SLUG)


def test_images_without_a_vector_are_left_out_while_others_have_one(project):
    absent = "f" * 40
    query = of_expression(project, parse(f"image:{NAMES[3]} + image:{absent}"), SLUG)
    assert query.vector == pytest.approx(unit(3), abs=1e-5)
    with pytest.raises(UnknownImage):
        of_expression(project, parse(f"image:{absent}"), SLUG)


def test_without_any_vector_there_is_no_query(project):
    with pytest.raises(NoEmbeddings):
        of_expression(project, parse(f"image:{NAMES[0]}"), "another")


def test_prefixes_become_full_sha1s(project):
    expression = with_full_sha1s(project, parse(f"image:{NAMES[3][:12]}"))
    assert [term.value for term in expression.terms] == [NAMES[3]]
    full = parse(f"image:{NAMES[3]}")
    assert with_full_sha1s(project, full) is full
    with pytest.raises(UnknownImage):
        with_full_sha1s(project, parse("image:0123456789ab"))


def test_a_vector_of_zeros_stays_one():
    assert normalised(np.array([3, 4], np.float32)) == pytest.approx([0.6, 0.8])
    assert normalised(np.zeros(2, np.float32)).tolist() == [0, 0]


def test_an_encoder_that_was_not_loaded_is_not_warm(project):
    assert not query_vectors.is_warm(project, SLUG)
