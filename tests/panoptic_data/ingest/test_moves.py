"""Pairing files that are new at their path with files that are gone."""

import pytest

from panoptic_data.ingest.moves import Arrival, Departure, pair_moves


def departure(file_id, path, sha1="x", source="s", **options):
    return Departure(file_id, source, path, sha1, **options)


def pairs(arrivals, departures):
    moves = pair_moves(arrivals, departures)
    return {move.arrival.path: move.departure.file_id for move in moves}


def test_the_nearest_path_wins():
    gone = [departure("1", "a/x.jpg"), departure("2", "b/c/x.jpg"), departure("3", "b/c/y.jpg")]
    new = [Arrival("b/d/x.jpg", "x"), Arrival("z/y.jpg", "x"), Arrival("a/z.jpg", "x")]
    # Same name first, then folders in common; what is left is paired as well.
    assert pairs(new, gone) == {"b/d/x.jpg": "2", "z/y.jpg": "3", "a/z.jpg": "1"}


def test_a_folder_put_into_another_is_compared_from_its_end():
    gone = [departure(box, f"2019/{box}/x.jpg") for box in ("box1", "box2", "box3")]
    new = [Arrival(f"archive/old/{box}/x.jpg", "x") for box in ("box3", "box1", "box2")]
    assert pairs(new, gone) == {item.path: item.path.split("/")[2] for item in new}


def test_names_that_differ_in_case_or_composition_are_the_same():
    gone = [departure("1", "Été/A.JPG"), departure("2", "b/c.jpg")]
    new = [Arrival("E\u0301te\u0301/a.jpg", "x"), Arrival("B/C.jpg", "x")]
    assert pairs(new, gone) == {new[0].path: "1", new[1].path: "2"}


def test_what_was_there_at_the_last_look_comes_before_what_was_missing():
    gone = [departure("old", "x.jpg", rank=2), departure("now", "other.jpg")]
    assert pairs([Arrival("sub/x.jpg", "x")], gone) == {"sub/x.jpg": "now"}


@pytest.mark.parametrize(
    ("gone", "new", "certain"),
    [
        (["a/x.jpg"], ["b/y.jpg"], [True]),
        (["a/x.jpg", "b/x.jpg"], ["c/x.jpg"], [False]),
        (["a/x.jpg", "a/y.jpg"], ["c/x.jpg", "c/y.jpg"], [True, True]),
        (["a/x.jpg"], ["c/x.jpg", "d/x.jpg"], [False]),
    ],
)
def test_it_is_said_where_another_could_have_been_meant(gone, new, certain):
    moves = pair_moves(
        [Arrival(path, "x") for path in new],
        [departure(str(number), path) for number, path in enumerate(gone)],
    )
    assert [move.is_certain for move in moves] == certain


def test_a_file_that_is_overwritten_keeps_its_identity():
    # mv a.jpg b.jpg: b's picture is gone, and b.jpg is still b.jpg.
    gone = [departure("a", "a.jpg", "A"), departure("b", "b.jpg", "B", is_overwritten=True)]
    assert pairs([Arrival("b.jpg", "A", "b")], gone) == {}


def test_a_copy_kept_before_an_edit_is_a_new_file():
    # cp a.jpg a_original.jpg, then a.jpg is edited.
    gone = [departure("a", "a.jpg", "A", is_overwritten=True)]
    assert pairs([Arrival("a_original.jpg", "A")], gone) == {}


def test_two_files_that_exchange_their_names():
    gone = [
        departure("a", "a.jpg", "A", is_overwritten=True),
        departure("b", "b.jpg", "B", is_overwritten=True),
    ]
    new = [Arrival("a.jpg", "B", "a"), Arrival("b.jpg", "A", "b")]
    assert pairs(new, gone) == {"a.jpg": "b", "b.jpg": "a"}


def test_a_chain_that_ends_in_an_edit_moves_nothing():
    # 1 → 2 → 3, and 3 was overwritten: whose it was cannot be said of any of them.
    gone = [
        departure("1", "1.jpg", "A"),
        departure("2", "2.jpg", "B", is_overwritten=True),
        departure("3", "3.jpg", "C", is_overwritten=True),
    ]
    new = [Arrival("2.jpg", "A", "2"), Arrival("3.jpg", "B", "3")]
    assert pairs(new, gone) == {}


def test_what_cannot_take_part_in_an_exchange_leaves_its_place_to_a_plain_move():
    gone = [departure("a", "a.jpg", "A"), departure("b", "b.jpg", "B", is_overwritten=True)]
    new = [Arrival("b.jpg", "A", "b"), Arrival("sub/c.jpg", "A")]
    assert pairs(new, gone) == {"sub/c.jpg": "a"}


def test_ten_thousand_copies_of_one_file_are_paired_by_name():
    gone = [departure(f"{n}", f"old/{n:05}.jpg") for n in range(10_000)]
    new = [Arrival(f"new/{n:05}.jpg", "x") for n in range(5_000, 15_000)]
    moved = pairs(new, gone)
    assert len(moved) == 10_000
    assert all(moved[f"new/{n:05}.jpg"] == f"{n}" for n in range(5_000, 10_000))


def test_a_long_row_of_numbers_that_shifts_is_followed():
    count = 20_000
    gone = [departure("0", "0.jpg", "0")]
    gone += [departure(f"{n}", f"{n}.jpg", f"{n}", is_overwritten=True) for n in range(1, count)]
    new = [Arrival(f"{n + 1}.jpg", f"{n}", f"{n + 1}") for n in range(count - 1)]
    assert pairs(new, gone) == {}
    moved = pairs([*new, Arrival(f"{count}.jpg", f"{count - 1}")], gone)
    assert moved == {f"{n + 1}.jpg": f"{n}" for n in range(count)}
