"""Likeness as a condition: exact within what else a view asks, and read in its older forms."""

import numpy as np
import pytest

from panoptic_data import catalogue, likeness, query, search, views
from panoptic_data.errors import NoEmbeddings, UnknownImage
from panoptic_data.expressions import parse
from panoptic_data.messages import LANGUAGES
from panoptic_data.views import Clause, Condition, Sort, View
from tests import synthetic
from tests.vectors import SLUG, embed, grouped

COUNT = 600
NAMES = [f"image {number}" for number in range(COUNT)]
SHA1S = [synthetic.sha1(name) for name in NAMES]
VECTORS = grouped(COUNT, groups=6, dim=16, seed=3)[0]
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
    return catalogue.get(project, fresh=True)


def like(text, **limits):
    return Condition("like", "at least", {"encoder": SLUG, "query": text, **limits})


def asked(number, **limits):
    return like(f"image:{SHA1S[number]}", **limits)


def shown(current, *where, **more):
    found = current.run(View(where, **more))
    return current.sha1s(found.rows)


def plainly(weights, among=range(COUNT - 1)):
    """Images and their cosines, nearest first, in plain Python."""
    terms = [(weight, VECTORS[number].astype(float)) for number, weight in weights.items()]
    aim = sum(weight * vector / np.linalg.norm(vector) for weight, vector in terms)
    aim = aim / np.linalg.norm(aim)
    pairs = [(float(VECTORS[number].astype(float) @ aim), SHA1S[number]) for number in among]
    named = {SHA1S[number] for number in weights}
    return sorted((pair for pair in pairs if pair[1] not in named), reverse=True)


def test_terms_add_up_with_their_signs_and_weights(current):
    text = f"2*image:{SHA1S[0]} + image:{SHA1S[1][:12]} - 0.5*image:{SHA1S[2]}"
    expected = plainly({0: 2, 1: 1, 2: -0.5})
    assert shown(current, like(text, threshold=-1)) == [sha1 for _, sha1 in expected]
    hits = search.find(current.project, text, SLUG, k=50)
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
    hits = search.find(current.project, f"image:{SHA1S[3]}", SLUG, view=view, k=5)
    assert [hit.sha1 for hit in hits] == expected[:5]


def test_of_many_images_only_those_that_all_else_selects_are_compared(current, monkeypatch):
    # In this order, so that nothing of the query is remembered.
    monkeypatch.setattr(search, "EXACT_UP_TO", 100)
    monkeypatch.setattr(search, "BLOCK_ROWS", 5)
    compared = []
    whole, some = search._Held.similarity, search._Held.similarity_of
    monkeypatch.setattr(
        search._Held, "similarity", lambda *one: compared.append("all") or whole(*one)
    )
    monkeypatch.setattr(
        search._Held, "similarity_of", lambda *one: compared.append(len(one[1])) or some(*one)
    )
    few = [number for number in range(COUNT - 1) if folder(number) == "few"]
    expected = [sha1 for _, sha1 in plainly({30: 1}, few)]
    assert shown(current, FEW, asked(30, threshold=-1)) == expected
    hits = search.find(current.project, f"image:{SHA1S[31]}", SLUG, view=View((FEW,)), k=9)
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
    found = current.run(View((FEW, asked(3, threshold=-1)), sort=(Sort("similarity"),)))
    rows = current.window(found, 0, 20)
    least = [row["similarity"] for row in rows]
    assert least == sorted(least)
    assert len(set(least)) == 12
    assert any(round(one, 5) != one for one in least)
    grouped_by = views.from_json(
        {"version": 1, "where": [{"field": "like", "op": "at least", "value": asked(3).value}],
         "group": [{"field": "folder"}]}
    )  # fmt: skip
    assert current.run(grouped_by).groups is not None
    denied = View((Clause("not", (asked(3, threshold=0.5),)),))
    kept = set(shown(current, asked(3, threshold=0.5)))
    assert set(current.sha1s(current.run(denied).rows)) == set(SHA1S[:-1]) - kept


def test_older_forms_show_what_the_new_one_shows(current):
    value = {"encoder": SLUG, "sha1s": [SHA1S[1], SHA1S[9]], "threshold": 0.4}
    words = Condition("text", "means", {"encoder": SLUG, "text": "a red, + dress"})
    view = View((FEW, Condition("similar", "at least", value)))
    new = likeness.unified(view)
    assert {part.field for part in new.where} == {"folder", "like"}
    assert views.from_json(views.to_json(new)) == new
    assert shown(current, *new.where) == shown(current, *view.where) != []
    nested = likeness.unified(View((Clause("not", (words,)),)))
    [part] = nested.where[0].parts
    assert part.value == {"encoder": SLUG, "query": '"a red, + dress"', "count": 500}
    assert likeness.asked(part) == likeness.asked(words)
    assert likeness.unified(new) == new


def test_a_threshold_that_was_read_keeps_the_image_that_had_it(current):
    hits = search.find(current.project, f"image:{SHA1S[5]}", SLUG, k=100)
    for place in (0, 17, 50, 99):
        found = shown(current, asked(5, threshold=hits[place].similarity))
        assert found[place] == hits[place].sha1
        assert len(found) == place + 1


def test_a_percentile_shows_as_much_as_chance_says(current):
    scale = search.scale(current.project, SLUG)
    at = shown(current, asked(5, percentile=90))
    assert at == shown(current, asked(5, threshold=scale.cosine(90)))
    assert len(shown(current, asked(5, percentile=99))) < len(at)
    # Where nobody said from where: what is likely.
    assert shown(current, asked(5)) == shown(current, asked(5, percentile=95))
    assert shown(current, asked(5, percentile=0, count=3)) == shown(current, asked(5))[:3]


def test_a_slider_is_told_how_similarities_lie(current):
    view = View((asked(3, threshold=0.25), FEW))
    told = likeness.spread(current, view)
    cosines = [
        cosine for cosine, _ in plainly({3: 1}, [n for n in range(COUNT - 1) if folder(n) == "few"])
    ]
    assert (sum(told.counts), len(told.counts), len(told.edges)) == (12, 60, 61)
    assert told.edges[0] == pytest.approx(min(cosines), abs=1e-3)
    assert told.edges[-1] == pytest.approx(max(cosines), abs=1e-3)
    assert told.percentiles == sorted(told.percentiles)
    assert told.least == 0.25
    # Of so many that are kept, the last.
    kept = likeness.spread(current, View((asked(3, count=5), FEW)))
    assert (kept.least, kept.edges) == (pytest.approx(cosines[4], abs=1e-3), told.edges)
    assert told.likely == pytest.approx(search.scale(current.project, SLUG).cosine(95))
    assert likeness.spread(current, View((FEW,))) is None
    nobody = View((asked(3), Condition("name", "contains", "nowhere")))
    assert sum(likeness.spread(current, nobody).counts) == 0


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
        with pytest.raises(views.InvalidView):
            views.from_json(
                {"version": 1, "where": [{"field": "like", "op": "at least", "value": given}]}
            )


def test_a_typed_search_shows_what_python_finds(current):
    parsed = query.parse(f'folder:"s/few" like:"image:{SHA1S[3]}"~0.1', encoder=SLUG)
    assert parsed.problems == ()
    found = current.run(query.to_view(parsed))
    expected = search.find(
        current.project, f"image:{SHA1S[3]}", SLUG, view=View((FEW,)), k=99, threshold=0.1
    )
    assert current.sha1s(found.rows) == [hit.sha1 for hit in expected] != []


def test_terms_are_said_in_both_languages():
    terms = parse('2*cat - image:ab12cd34ef + crop:ab12cd34ef@0,0,1,1 - 0.5*"a dog"').terms
    said = [[likeness.term_label(term, language) for term in terms] for language in LANGUAGES]
    assert said[0] == [
        "2 × “cat”", "not image ab12cd…", "part of image ab12cd…", "not 0.5 × “a dog”"
    ]  # fmt: skip
    assert all(english != french for english, french in zip(*said, strict=True))
