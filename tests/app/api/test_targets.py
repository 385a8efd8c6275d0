"""The images and files that a request is about."""

import pytest

from app.api.request_body import InvalidBodyError, validate
from app.api.targets import Targets, TargetsRequest, files_of, plausible_sha1s
from tests import synthetic

SHA1S = [synthetic.sha1(name) for name in "abc"]


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    synthetic.write(opened, "images", [synthetic.image(name) for name in "abc"])
    paths = {"box/a.jpg": "a", "box/b.jpg": "b", "box/c.jpg": "c", "other/a.jpg": "a"}
    files = [synthetic.file(path, name) for path, name in paths.items()]
    synthetic.write(opened, "files", files)
    return opened


def targets(project, **request):
    return Targets.of(project, TargetsRequest(**request))


def test_named_images_are_those_of_the_corpus(project):
    named = targets(project, sha1s=[SHA1S[1], "0" * 40, "' OR 1", "é", ""])
    assert named.sha1s == [SHA1S[1]]
    assert named.file_ids == [synthetic.file("box/b.jpg", None)["file_id"]]


def test_of_an_image_only_some_files_can_be_meant(project):
    named = targets(project, sha1s=[SHA1S[0]], places=["other/a.jpg"])
    assert named.file_ids == [synthetic.file("other/a.jpg", None)["file_id"]]
    assert len(targets(project, sha1s=[SHA1S[0]]).file_ids) == 2


def test_a_selection_is_all_of_a_view_but_some_or_some_alone(project):
    every = targets(project, selection={"all": True, "except": [SHA1S[0]]})
    assert set(every.sha1s) == set(SHA1S[1:])
    assert targets(project, selection={"ids": [SHA1S[2]]}).sha1s == [SHA1S[2]]


@pytest.mark.parametrize(
    "raw", [b"{}", b'{"view": ""}', b'{"selection": {}}', b'{"selection": {"all": false}}']
)
def test_a_request_that_names_no_images_is_refused(raw):
    with pytest.raises(InvalidBodyError):
        validate(TargetsRequest, raw)


def test_files_come_in_the_order_of_their_paths(project):
    files = files_of(project, [SHA1S[1], SHA1S[0]])
    assert files["path"].to_list() == ["box/a.jpg", "box/b.jpg", "other/a.jpg"]
    assert files_of(project, []).is_empty()


def test_what_can_be_no_sha1_is_left_out():
    assert plausible_sha1s(SHA1S) == SHA1S
    assert plausible_sha1s([SHA1S[0], "", "a b", "é", "'"]) == [SHA1S[0]]
