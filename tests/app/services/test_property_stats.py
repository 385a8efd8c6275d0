"""Values of a property are counted: tags of a graph against a plain reading, numbers, dates."""

import random

import polars as pl
import pytest

from app.services import property_stats
from panoptic_data.annotations import tags
from panoptic_data.annotations.tags import Tag


def test_counts_of_a_graph_agree_with_a_plain_reading():
    chance = random.Random(7)
    known = {}
    for number in range(60):
        parents = chance.sample(sorted(known), min(len(known), chance.randrange(3)))
        known[f"t{number:02}"] = Tag(f"t{number:02}", "p", f"t{number}", parents=tuple(parents))
    rows = [(f"i{chance.randrange(40)}", chance.choice([*known, "gone"])) for _ in range(300)]
    values = pl.DataFrame(rows, {"target": pl.String, "value": pl.String}, orient="row")
    expected = {}
    for id in known:
        under = {id, *tags.descendants(known, [id])}
        whole = {target for target, value in rows if value in under}
        expected[id] = (len(whole), len({target for target, value in rows if value == id}))
    assert property_stats.of_tags(list(known.values()), values) == expected


@pytest.mark.parametrize(
    ("type", "texts", "least", "most", "bars"),
    [
        ("number", ["9", "10", "10"], "9", "10", [(9, 9, 1), (10, 10, 2)]),
        ("number", [str(n) for n in range(48)], "0", "47", None),
        ("date", ["1912", "1913"], "1912", "1913", [(1912, 1913, 1), (1913, 1914, 1)]),
        ("date", ["1700", "1899"], "1700", "1899", None),
        ("text", ["b", "a", "b"], None, None, []),
        ("text", [], None, None, []),
    ],
)  # fmt: skip
def test_values_are_summed_up(type, texts, least, most, bars):
    targets = [f"i{place}" for place in range(len(texts))]
    values = pl.DataFrame(
        {"target": targets, "value": texts}, {"target": pl.String, "value": pl.String}
    )
    answer = property_stats.summary(type, values)
    assert answer == property_stats.Use(len(texts), len(set(texts)), least, most)
    matches = [(bar.start, bar.end, bar.count) for bar in property_stats.bars(type, values)]
    assert sum(count for _, _, count in matches) == (len(texts) if bars != [] else 0)
    assert matches == bars or (bars is None and 2 < len(matches) <= property_stats.BARS)
