"""Likeness as a condition: exact within what else a view asks, and read in its older forms."""

from dataclasses import replace

import numpy as np
import pytest

from panoptic_data.catalogue import registry, similarity, similarity_stats
from panoptic_data.catalogue.execute import run_view, window
from panoptic_data.errors import NoEmbeddings, UnknownImage
from panoptic_data.messages import LANGUAGES
from panoptic_data.query import parser
from panoptic_data.search.compare import compare
from panoptic_data.search.find import find
from panoptic_data.vectors import scores
from panoptic_data.views import model
from panoptic_data.views.model import Clause, Condition, Level, Sort, View
from panoptic_data.views.search_expression import parse
from tests import synthetic
from tests.vectors import SLUG, embed, grouped

COUNT = 600
NAMES = [f"image {number}" for number in range(COUNT)]
SHA1S = [synthetic.sha1(name) for name in NAMES]
VECTORS = grouped(COUNT, groups=6, dim=16, seed=3)[0]
OTHER = "timm-resnet50-a1-in1k"
OTHERS = grouped(COUNT, groups=6, dim=20, seed=4, width=0.6)[0]
FEW = Condition("folder", "in", ["s/few"])


def folder(number):
    return "few" if number % 50 == 7 else "many"


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    """600 images with vectors, every fiftieth in a folder of its own."""
    project = synthetic.project(tmp_path_factory.mktemp("likeness") / "project")
    synthetic.write(project, "images", [synthetic.image(name) for name in NAMES])
    files = [
        synthetic.file(f"s/{folder(number)}/{number:04}.jpg", name)
        for number, name in enumerate(NAMES)
    ]
    # The last one is gone, and one lies in two places.
    files[-1]["status"] = "missing"
    files.append(synthetic.file("s/few/again.jpg", NAMES[7]))
    synthetic.write(project, "files", files)
    embed(project, SHA1S, VECTORS)
    # Another encoder, which has not seen the first of them.
    embed(project, SHA1S[1:], OTHERS[1:], OTHER)
    return registry.get(project, fresh=True)


def like(text, **limits):
    return Condition("like", "at least", {"encoder": SLUG, "query": text, **limits})


def asked(number, **limits):
    return like(f"image:{SHA1S[number]}", **limits)


def shown(current, *where, **more):
    found = run_view(current, View(where, **more))
    return current.sha1s(found.rows)


def plainly(weights, among=range(COUNT - 1), vectors=VECTORS):
    """Images and their cosines, nearest first, in plain Python."""
    terms = [(weight, vectors[number].astype(float)) for number, weight in weights.items()]
    aim = sum(weight * vector / np.linalg.norm(vector) for weight, vector in terms)
    aim = aim / np.linalg.norm(aim)
    pairs = [(float(vectors[number].astype(float) @ aim), SHA1S[number]) for number in among]
    named = {SHA1S[number] for number in weights}
    return sorted((pair for pair in pairs if pair[1] not in named), reverse=True)


def test_terms_add_up_with_their_signs_and_weights(current):
    text = f"2*image:{SHA1S[0]} + image:{SHA1S[1][:12]} - 0.5*image:{SHA1S[2]}"
    expected = plainly({0: 2, 1: 1, 2: -0.5})
    assert shown(current, like(text, threshold=-1)) == [sha1 for _, sha1 in expected]
    hits = find(current.project, text, SLUG, k=50)
    assert [hit.sha1 for hit in hits] == [sha1 for _, sha1 in expected[:50]]
    assert [hit.similarity for hit in hits] == pytest.approx(
        [cosine for cosine, _ in expected[:50]], abs=2e-3
    )
    assert len({hit.similarity for hit in hits}) > 45


def test_what_else_a_view_asks_filters_before_the_best_are_kept(current):
    few = [number for number in range(COUNT - 1) if folder(number) == "few"]
    expected = [sha1 for _, sha1 in plainly({3: 1}, few)]
    assert len(expected) == 12
    # Among the five best of all there is not one of them.
    assert not {sha1 for _, sha1 in plainly({3: 1})[:5]} & set(expected[:5])
    for where in ((FEW, asked(3, count=5)), (asked(3, count=5), FEW)):
        assert shown(current, *where) == expected[:5]
    assert shown(current, FEW, asked(3, threshold=-1)) == expected
    by_file = shown(current, FEW, asked(3, count=5), mode="file")
    assert list(dict.fromkeys(by_file)) == expected[:5]
    view = View((FEW,))
    hits = find(current.project, f"image:{SHA1S[3]}", SLUG, view=view, k=5)
    assert [hit.sha1 for hit in hits] == expected[:5]


def test_of_many_images_only_those_that_all_else_selects_are_compared(current, monkeypatch):
    # In this order, so that nothing of the query is remembered.
    monkeypatch.setattr(scores, "EXACT_UP_TO", 100)
    monkeypatch.setattr(scores, "BLOCK_ROWS", 5)
    compared = []
    whole, some = scores._LoadedVectors.similarity, scores._LoadedVectors.similarity_of
    monkeypatch.setattr(
        scores._LoadedVectors, "similarity", lambda *one: compared.append("all") or whole(*one)
    )
    monkeypatch.setattr(
        scores._LoadedVectors,
        "similarity_of",
        lambda *one: compared.append(len(one[1])) or some(*one),
    )
    few = [number for number in range(COUNT - 1) if folder(number) == "few"]
    expected = [sha1 for _, sha1 in plainly({30: 1}, few)]
    assert shown(current, FEW, asked(30, threshold=-1)) == expected
    hits = find(current.project, f"image:{SHA1S[31]}", SLUG, view=View((FEW,)), k=9)
    assert [hit.sha1 for hit in hits] == [sha1 for _, sha1 in plainly({31: 1}, few)[:9]]
    assert compared == [12, 12]
    assert shown(current, asked(30, threshold=-1))[:50] == [
        sha1 for _, sha1 in plainly({30: 1})[:50]
    ]
    assert compared == [12, 12, "all"]


def test_two_searches_each_keep_the_best_of_what_the_rest_selects(current):
    few = [number for number in range(COUNT - 1) if folder(number) == "few"]
    both = {sha1 for _, sha1 in plainly({3: 1}, few)[:8]}
    both &= {sha1 for _, sha1 in plainly({4: 1}, few)[:8]}
    found = shown(current, asked(3, count=8), FEW, asked(4, count=8))
    assert set(found) == both
    # In the order of the first.
    assert found == [sha1 for _, sha1 in plainly({3: 1}, few) if sha1 in both]


def test_results_are_a_view_like_any_other(current):
    found = run_view(current, View((FEW, asked(3, threshold=-1)), sort=(Sort("similarity"),)))
    rows = window(current, found, 0, 20)
    least = [row["similarity"] for row in rows]
    assert least == sorted(least)
    assert len(set(least)) == 12
    assert any(round(one, 5) != one for one in least)
    grouped_by = model.from_json(
        {"version": 1, "where": [{"field": "like", "op": "at least", "value": asked(3).value}],
         "group": [{"field": "folder"}]}
    )  # fmt: skip
    assert run_view(current, grouped_by).groups is not None
    denied = View((Clause("not", (asked(3, threshold=0.5),)),))
    kept = set(shown(current, asked(3, threshold=0.5)))
    assert set(current.sha1s(run_view(current, denied).rows)) == set(SHA1S[:-1]) - kept


def test_older_forms_show_what_the_new_one_shows(current):
    value = {"encoder": SLUG, "sha1s": [SHA1S[1], SHA1S[9]], "threshold": 0.4}
    words = Condition("text", "means", {"encoder": SLUG, "text": "a red, + dress"})
    view = View((FEW, Condition("similar", "at least", value)))
    new = similarity.unified(view)
    assert {part.field for part in new.where} == {"folder", "like"}
    assert model.from_json(model.to_json(new)) == new
    assert shown(current, *new.where) == shown(current, *view.where) != []
    nested = similarity.unified(View((Clause("not", (words,)),)))
    [part] = nested.where[0].parts
    assert part.value == {"encoder": SLUG, "query": '"a red, + dress"', "count": 500}
    assert similarity.query_of(part) == similarity.query_of(words)
    assert similarity.unified(new) == new


def test_a_threshold_that_was_read_keeps_the_image_that_had_it(current):
    hits = find(current.project, f"image:{SHA1S[5]}", SLUG, k=100)
    for place in (0, 17, 50, 99):
        found = shown(current, asked(5, threshold=hits[place].similarity))
        assert found[place] == hits[place].sha1
        assert len(found) == place + 1


def test_a_percentile_shows_as_much_as_chance_says(current):
    scale = scores.scale(current.project, SLUG)
    at = shown(current, asked(5, percentile=90))
    assert at == shown(current, asked(5, threshold=scale.cosine(90)))
    assert len(shown(current, asked(5, percentile=99))) < len(at)
    # Where nobody said from where: what is likely.
    assert shown(current, asked(5)) == shown(current, asked(5, percentile=95))
    assert shown(current, asked(5, percentile=0, count=3)) == shown(current, asked(5))[:3]


def test_a_slider_is_told_how_similarities_lie(current):
    view = View((asked(3, threshold=0.25), FEW))
    told = similarity_stats.histogram(current, view)
    cosines = [
        cosine for cosine, _ in plainly({3: 1}, [n for n in range(COUNT - 1) if folder(n) == "few"])
    ]
    assert (sum(told.counts), len(told.counts), len(told.edges)) == (12, 60, 61)
    assert told.edges[0] == pytest.approx(min(cosines), abs=1e-3)
    assert told.edges[-1] == pytest.approx(max(cosines), abs=1e-3)
    assert told.percentiles == sorted(told.percentiles)
    assert told.threshold == 0.25
    # Of so many that are kept, the last.
    kept = similarity_stats.histogram(current, View((asked(3, count=5), FEW)))
    assert (kept.threshold, kept.edges) == (pytest.approx(cosines[4], abs=1e-3), told.edges)
    assert told.default_threshold == pytest.approx(scores.scale(current.project, SLUG).cosine(95))
    assert similarity_stats.histogram(current, View((FEW,))) is None
    nobody = View((asked(3), Condition("name", "contains", "nowhere")))
    assert sum(similarity_stats.histogram(current, nobody).counts) == 0


@pytest.mark.parametrize(("view", "k"), [(None, COUNT), (None, 5), (View((FEW,)), 5)])
def test_the_ranks_of_two_encoders_stand_side_by_side(current, view, k):
    told = compare(current.project, f"image:{SHA1S[3]}", (SLUG, "timm:resnet50.a1_in1k"), view, k)
    among = [n for n in range(COUNT - 1) if view is None or folder(n) == "few"]
    found = [
        [sha1 for _, sha1 in plainly({3: 1}, among, VECTORS)],
        [sha1 for _, sha1 in plainly({3: 1}, [n for n in among if n], OTHERS)],
    ]
    firsts = [of[:k] for of in found]
    ranks = {one.sha1: tuple(rank and rank.rank for rank in one.ranks) for one in told.images}
    assert ranks == {
        sha1: tuple(of.index(sha1) + 1 if sha1 in of else None for of in found)
        for sha1 in {*firsts[0], *firsts[1]}
    }
    best = [min(filter(None, pair)) for pair in ranks.values()]
    assert best == sorted(best)
    assert told.encoders == (SLUG, OTHER)
    assert told.of == min(map(len, firsts))
    assert told.common == len({*firsts[0][: told.of]} & {*firsts[1][: told.of]})
    for hit in find(current.project, f"image:{SHA1S[3]}", SLUG, view, k=3):
        [seen] = [one.ranks[0] for one in told.images if one.sha1 == hit.sha1]
        assert seen.similarity == hit.similarity
        assert seen.percentile == pytest.approx(hit.percentile, abs=0.01)


def test_a_view_is_ranked_under_another_encoder_from_the_same_percentile_on(current):
    view = View((FEW, asked(3, percentile=60)), (Sort("path"),), (Level("format"),))
    other = similarity.with_encoder(current, view, OTHER)
    [_, part] = other.where
    assert part.value == {**view.where[1].value, "encoder": OTHER}
    assert replace(other, where=view.where) == view
    ranks = [similarity_stats.ranks(current, one) for one in (view, other)]
    for ranking, one in zip(ranks, (view, other), strict=True):
        # All that the rest selects, in whatever order and groups, alike enough or not.
        plain = shown(current, *one.where)
        rows = np.argsort(ranking)[np.count_nonzero(ranking == 0) :]
        assert len(rows) == 12 > len(plain) > 0
        assert current.sha1s(rows)[: len(plain)] == plain
    first = [set(np.flatnonzero((ranking > 0) & (ranking <= 3))) for ranking in ranks]
    assert similarity_stats.count_common(*ranks, first=3) == len(first[0] & first[1]) > 0
    assert similarity_stats.count_common(ranks[0], ranks[0] * 0) == 0
    # A cosine becomes what it is worth; where nothing is searched for, nothing is ranked.
    scale = scores.scale(current.project, SLUG)
    [part] = similarity.with_encoder(
        current, View((asked(3, threshold=0.4, count=9),)), OTHER
    ).where
    assert part.value["percentile"] == pytest.approx(float(scale.percentile(0.4)))
    assert (part.value["count"], "threshold" in part.value) == (9, False)
    assert similarity.with_encoder(current, View((FEW,)), OTHER) == View((FEW,))
    assert not similarity_stats.ranks(current, View((FEW,))).any()


def test_what_cannot_be_asked_is_said(current):
    with pytest.raises(UnknownImage):
        shown(current, like("image:ffffff"))
    with pytest.raises(NoEmbeddings):
        shown(
            current,
            Condition("like", "at least", {"encoder": "other", "query": f"image:{SHA1S[0]}"}),
        )
    value = {"encoder": SLUG, "query": "cat", "threshold": 0.5, "percentile": 9}
    for wrong in (value, {"query": "cat"}, {"encoder": SLUG, "query": ""}, like("cat", count=0)):
        given = wrong.value if isinstance(wrong, Condition) else wrong
        with pytest.raises(model.InvalidView):
            model.from_json(
                {"version": 1, "where": [{"field": "like", "op": "at least", "value": given}]}
            )


def test_a_typed_search_shows_what_python_finds(current):
    parsed = parser.parse(f'folder:"s/few" like:"image:{SHA1S[3]}"~0.1', encoder=SLUG)
    assert parsed.problems == ()
    found = run_view(current, parser.to_view(parsed))
    expected = find(
        current.project, f"image:{SHA1S[3]}", SLUG, view=View((FEW,)), k=99, threshold=0.1
    )
    assert current.sha1s(found.rows) == [hit.sha1 for hit in expected] != []


def test_terms_are_said_in_both_languages():
    terms = parse('2*cat - image:ab12cd34ef + crop:ab12cd34ef@0,0,1,1 - 0.5*"a dog"').terms
    said = [[similarity.term_label(term, language) for term in terms] for language in LANGUAGES]
    assert said[0] == [
        "2 × “cat”", "not image ab12cd…", "part of image ab12cd…", "not 0.5 × “a dog”"
    ]  # fmt: skip
    assert all(english != french for english, french in zip(*said, strict=True))
