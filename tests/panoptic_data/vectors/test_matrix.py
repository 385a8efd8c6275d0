import numpy as np
import pytest

from panoptic_data.vectors import matrix
from panoptic_data.vectors.matrix import Matrix

DIM = 24


def drawn(count, seed=0):
    random = np.random.default_rng(seed)
    rows = random.standard_normal((count, DIM)).astype(np.float32)
    rows[:, 0] *= 20
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture
def halved(monkeypatch):
    monkeypatch.setattr(matrix, "MAX_FLOAT32_BYTES", 0)
    monkeypatch.setattr(matrix, "CONVERTED_ROWS", 1_000)


def test_many_vectors_take_two_bytes_a_number_and_give_the_same_cosines(halved):
    vectors = drawn(5_003)
    quantised = Matrix.of(vectors.copy())
    query = vectors[17].astype(np.float32)
    exact = vectors.astype(np.float64) @ query.astype(np.float64)
    assert quantised.numbers.nbytes == vectors.nbytes
    assert quantised.shape == vectors.shape
    assert quantised.dot(query).dtype == np.float32
    assert np.abs(quantised.dot(query) - exact).max() < 5e-5


def test_few_vectors_are_held_as_they_are():
    vectors = drawn(50)
    quantised = Matrix.of(vectors.copy())
    assert quantised.numbers.dtype == np.float32
    assert (quantised[:] == vectors).all()
    assert np.allclose(
        quantised.dot(quantised[3]),
        vectors.astype(np.float32) @ quantised[3],
        atol=1e-6,
    )


@pytest.mark.parametrize(
    "rows", [slice(10, 13), np.array([4, 1, 4]), np.arange(40) % 3 == 0, np.empty(0, np.intp)]
)
def test_rows_are_read_as_of_an_array(halved, rows):
    vectors = drawn(40)
    quantised = Matrix.of(vectors.copy())
    assert quantised[rows].dtype == np.float32
    assert quantised[rows].shape == vectors[rows].shape
    # A step is the largest number of the row, cut into 32,767.
    assert np.abs(quantised[rows] - vectors[rows].astype(np.float32)).max(initial=0) < 2e-5


def test_a_row_of_zeros_stays_one(halved):
    vectors = drawn(10)
    vectors[4] = 0
    quantised = Matrix.of(vectors.copy())
    assert (quantised[4:5] == 0).all()
    assert quantised.dot(np.ones(DIM, np.float32))[4] == 0


def test_the_same_vectors_are_as_alike(halved):
    vectors = drawn(3_000)
    vectors[2_999] = vectors[5]
    similar = Matrix.of(vectors.copy()).dot(vectors[5].astype(np.float32))
    assert similar[5] == similar[2_999]
    assert similar.argmax() == 5
    assert similar[5] == pytest.approx(1, abs=2e-3)


def test_no_vectors(halved):
    quantised = Matrix.of(np.empty((0, DIM), np.float16))
    assert len(quantised) == 0
    assert len(quantised.dot(np.ones(DIM, np.float32))) == 0
