"""The measurement of suggestions runs on a small corpus; its figures are for docs/performance."""

import numpy as np

from bench import suggestions
from bench.corpora import EmbeddedCorpus
from tests.vectors import grouped


def test_pages_of_a_mixture_are_measured():
    vectors, kinds = grouped(150, groups=3, dim=12, seed=1)
    sha1s = [f"{number:040x}" for number in range(len(vectors))]
    corpus = EmbeddedCorpus(None, "visual", sha1s, vectors.astype(np.float16), kinds.astype(str))
    pages = suggestions._mixtures(corpus, "1", 5, 0)
    answers, left, *_, right = (list(column) for column in zip(*pages, strict=True))
    assert answers == list(range(0, 81, suggestions.PAGE))
    assert left == sorted(left, reverse=True)
    assert right[0] > 0
