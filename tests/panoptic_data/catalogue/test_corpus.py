"""Columns of the corpus: spellings, folders, rows and positions."""

import numpy as np
import polars as pl

from panoptic_data.catalogue import registry
from panoptic_data.catalogue.corpus import NO_TIME, folder_counts, occurring
from panoptic_data.catalogue.spelling import folded
from tests.synthetic import sha1


def test_texts_in_other_cases_and_spellings_fold_to_one():
    texts = pl.Series(["Été", "E\u0301TE\u0301", "ΟΔΟΣ", "οδος", None])
    assert folded(texts).to_list() == ["ete", "ete", "οδοσ", "οδοσ", None]


def test_numbers_that_occur_come_once_smallest_first():
    assert occurring(np.array([3, 0, 3, 7, 0])).tolist() == [0, 3, 7]
    assert occurring(np.array([], dtype=np.int64)).tolist() == []


def test_every_folder_has_those_above_it(opened):
    corpus = registry.load(opened).corpus
    names, ancestors = corpus.folder_ancestors
    assert names == ["postcards", "posters", "posters/1930", "posters/1931"]
    paths = dict(zip(corpus.folder_names, ancestors.tolist(), strict=True))
    assert [names[index] for index in paths["posters/1930"]] == ["posters", "posters/1930"]
    assert [names[index] for index in paths["postcards"]] == ["postcards", "postcards"]


def test_folders_count_the_distinct_images_of_some_rows(opened):
    current = registry.load(opened)
    rows = current.rows_of([sha1("red"), sha1("grey")])
    counts = folder_counts(current.corpus, rows)
    assert counts == {"postcards": 0, "posters": 2, "posters/1930": 1, "posters/1931": 1}


def test_rows_and_positions_are_found_and_minus_one_without(opened):
    corpus = registry.load(opened).corpus
    rows = corpus.rows_of_sha1s(pl.Series([sha1("blue"), "nonsense"]))
    assert corpus.frame["sha1"][int(rows[0])] == sha1("blue")
    assert rows[1] == -1
    ids = [f"{number:016x}" for number in corpus.files["file"].to_list()]
    assert corpus.positions_of_files(pl.Series(ids)).tolist() == list(range(len(ids)))
    assert corpus.positions_of_files(pl.Series(["f" * 16])).tolist() == [-1]


def test_columns_have_a_value_for_none(opened):
    current = registry.load(opened)
    corpus, rows = current.corpus, current.rows_of([sha1("red"), sha1("blue"), sha1("broken")])
    assert np.isnan(corpus.numbers("width")[rows]).tolist() == [False, False, True]
    assert (corpus.times("taken_at")[rows] == NO_TIME).tolist() == [False, True, True]
    names, codes = corpus.texts("format")
    assert [names[code] if code >= 0 else None for code in codes[rows].tolist()] == [
        "JPEG",
        "PNG",
        None,
    ]
    assert corpus.hues[rows].tolist()[2] == -1
    assert np.isnan(corpus.lab[rows[2]]).all()
