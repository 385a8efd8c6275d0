"""Similarity as a condition: exact within what else a view selects, and read in its older forms."""

from dataclasses import replace

import pytest

from panoptic_data.catalogue import registry, similarity
from panoptic_data.catalogue.execute import run_view, window
from panoptic_data.errors import NoEmbeddings, TextNotSupported, UnknownImage
from panoptic_data.messages import LANGUAGES
from panoptic_data.query import parser
from panoptic_data.search.compare import compare
from panoptic_data.search.find import find
from panoptic_data.vectors import scores
from panoptic_data.views import model
from panoptic_data.views.model import Clause, Condition, Sort, View
from panoptic_data.views.search_expression import parse
from tests import synthetic
from tests.panoptic_data.catalogue import similar_images
from tests.panoptic_data.catalogue.posters import asking, with_vectors
from tests.panoptic_data.catalogue.posters import shown as shown_names
from tests.panoptic_data.catalogue.similar_images import (
    COUNT,
    FEW,
    OTHER,
    OTHERS,
    SHA1S,
    VECTORS,
    folder,
    like,
    plainly,
    shown,
    similar_condition,
)
from tests.synthetic import sha1
from tests.vectors import SLUG


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    return similar_images.create(tmp_path_factory.mktemp("similarity") / "project")


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
    for where in ((FEW, similar_condition(3, count=5)), (similar_condition(3, count=5), FEW)):
        assert shown(current, *where) == expected[:5]
    assert shown(current, FEW, similar_condition(3, threshold=-1)) == expected
    by_file = shown(current, FEW, similar_condition(3, count=5), mode="file")
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
        scores._LoadedVectors, "similarity", lambda *item: compared.append("all") or whole(*item)
    )
    monkeypatch.setattr(
        scores._LoadedVectors,
        "similarity_of",
        lambda *item: compared.append(len(item[1])) or some(*item),
    )
    few = [number for number in range(COUNT - 1) if folder(number) == "few"]
    expected = [sha1 for _, sha1 in plainly({30: 1}, few)]
    assert shown(current, FEW, similar_condition(30, threshold=-1)) == expected
    hits = find(current.project, f"image:{SHA1S[31]}", SLUG, view=View((FEW,)), k=9)
    assert [hit.sha1 for hit in hits] == [sha1 for _, sha1 in plainly({31: 1}, few)[:9]]
    assert compared == [12, 12]
    assert shown(current, similar_condition(30, threshold=-1))[:50] == [
        sha1 for _, sha1 in plainly({30: 1})[:50]
    ]
    assert compared == [12, 12, "all"]


def test_two_searches_each_keep_the_best_of_what_the_rest_selects(current):
    few = [number for number in range(COUNT - 1) if folder(number) == "few"]
    both = {sha1 for _, sha1 in plainly({3: 1}, few)[:8]}
    both &= {sha1 for _, sha1 in plainly({4: 1}, few)[:8]}
    shown_sha1s = shown(current, similar_condition(3, count=8), FEW, similar_condition(4, count=8))
    assert set(shown_sha1s) == both
    # In the order of the first.
    assert shown_sha1s == [sha1 for _, sha1 in plainly({3: 1}, few) if sha1 in both]


def test_results_are_a_view_like_any_other(current):
    shown_sha1s = run_view(
        current, View((FEW, similar_condition(3, threshold=-1)), sort=(Sort("similarity"),))
    )
    rows = window(current, shown_sha1s, 0, 20)
    least = [row["similarity"] for row in rows]
    assert least == sorted(least)
    assert len(set(least)) == 12
    assert any(round(item, 5) != item for item in least)
    value = similar_condition(3).value
    grouped_by = model.from_json(
        {"version": 1, "where": [{"field": "like", "op": "at least", "value": value}],
         "group": [{"field": "folder"}]}
    )  # fmt: skip
    assert run_view(current, grouped_by).groups is not None
    denied = View((Clause("not", (similar_condition(3, threshold=0.5),)),))
    kept = set(shown(current, similar_condition(3, threshold=0.5)))
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
        shown_sha1s = shown(current, similar_condition(5, threshold=hits[place].similarity))
        assert shown_sha1s[place] == hits[place].sha1
        assert len(shown_sha1s) == place + 1


def test_a_percentile_shows_as_much_as_chance_says(current):
    scale = scores.scale(current.project, SLUG)
    at = shown(current, similar_condition(5, percentile=90))
    assert at == shown(current, similar_condition(5, threshold=scale.cosine(90)))
    assert len(shown(current, similar_condition(5, percentile=99))) < len(at)
    # Without a limit: the default threshold.
    assert shown(current, similar_condition(5)) == shown(
        current, similar_condition(5, percentile=95)
    )
    assert (
        shown(current, similar_condition(5, percentile=0, count=3))
        == shown(current, similar_condition(5))[:3]
    )


def test_the_nearest_are_shown_however_few_are_alike_enough(current):
    nearest = similarity.NEAREST_COUNT
    query = similarity.query_of(similar_condition(3))
    scale = scores.scale(current.project, SLUG)
    enough = run_view(current, View((similar_condition(3, percentile=95),)))
    assert len(enough) < nearest < COUNT
    default = run_view(current, View((similar_condition(3),)))
    assert len(default) == nearest
    assert current.sha1s(default.rows)[: len(enough)] == current.sha1s(enough.rows)
    # A limit that someone chose holds, and is said in a word.
    same = replace(query, percentile=99.99)
    assert similarity.level(current, same) in ("same", "very")
    assert similarity.level(current, replace(query, threshold=1.0)) == "same"
    assert similarity.level(current, replace(query, threshold=scale.cosine(96))) == "loosely"


@pytest.mark.parametrize(("view", "k"), [(None, COUNT), (None, 5), (View((FEW,)), 5)])
def test_the_ranks_of_two_encoders_stand_side_by_side(current, view, k):
    comparison = compare(
        current.project, f"image:{SHA1S[3]}", (SLUG, "timm:resnet50.a1_in1k"), view, k
    )
    among = [n for n in range(COUNT - 1) if view is None or folder(n) == "few"]
    shown_sha1s = [
        [sha1 for _, sha1 in plainly({3: 1}, among, VECTORS)],
        [sha1 for _, sha1 in plainly({3: 1}, [n for n in among if n], OTHERS)],
    ]
    firsts = [of[:k] for of in shown_sha1s]
    ranks = {
        image.sha1: tuple(rank and rank.rank for rank in image.ranks) for image in comparison.images
    }
    assert ranks == {
        sha1: tuple(of.index(sha1) + 1 if sha1 in of else None for of in shown_sha1s)
        for sha1 in {*firsts[0], *firsts[1]}
    }
    best = [min(filter(None, pair)) for pair in ranks.values()]
    assert best == sorted(best)
    assert comparison.encoders == (SLUG, OTHER)
    assert comparison.of == min(map(len, firsts))
    assert comparison.common == len({*firsts[0][: comparison.of]} & {*firsts[1][: comparison.of]})
    for hit in find(current.project, f"image:{SHA1S[3]}", SLUG, view, k=3):
        [seen] = [image.ranks[0] for image in comparison.images if image.sha1 == hit.sha1]
        assert seen.similarity == hit.similarity
        assert seen.percentile == pytest.approx(hit.percentile, abs=0.01)


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
    shown_sha1s = run_view(current, parser.to_view(parsed))
    expected = find(
        current.project, f"image:{SHA1S[3]}", SLUG, view=View((FEW,)), k=99, threshold=0.1
    )
    assert current.sha1s(shown_sha1s.rows) == [hit.sha1 for hit in expected] != []


def test_terms_are_said_in_both_languages():
    terms = parse('2*cat - image:ab12cd34ef + crop:ab12cd34ef@0,0,1,1 - 0.5*"a dog"').terms
    text = [[similarity.term_label(term, language) for term in terms] for language in LANGUAGES]
    assert text[0] == [
        "2 × “cat”", "not image ab12cd…", "part of image ab12cd…", "not 0.5 × “a dog”"
    ]  # fmt: skip
    assert all(english != french for english, french in zip(*text, strict=True))


def similar_to(*names, threshold):
    value = {"encoder": "visual", "sha1s": [sha1(n) for n in names], "threshold": threshold}
    return asking("similar", value)


def test_similar_images_come_nearest_first_down_to_the_threshold(opened):
    with_vectors(opened)
    view = similar_to("red", threshold=-1)
    assert shown_names(opened, view) == ["blue", "grey"]
    assert shown_names(opened, similar_to("red", threshold=0.7)) == ["blue"]
    assert shown_names(opened, view.sorted_by(Sort("similarity"))) == ["grey", "blue"]
    assert shown_names(opened, view.with_condition("format", ["JPEG"])) == ["grey"]
    current = registry.get(opened, fresh=True)
    rows = window(current, run_view(current, view), 0, 9)
    assert [row["similarity"] for row in rows] == pytest.approx([0.8, 0.0], abs=1e-3)


def test_what_cannot_be_compared_is_said(opened):
    with pytest.raises(NoEmbeddings):
        shown_names(opened, similar_to("red", threshold=0.5))
    with_vectors(opened)
    with pytest.raises(UnknownImage):
        shown_names(opened, similar_to("broken", threshold=0.5))


def test_words_are_refused_by_an_encoder_that_reads_none(opened):
    with_vectors(opened)
    row = {"slug": "visual", "text": "visual", "status": "ready", "reads_text": False, "dim": 2}
    synthetic.write(opened, "encoders", [row])
    with pytest.raises(TextNotSupported):
        shown_names(opened, asking("text", {"encoder": "visual", "text": "a dress"}))
