"""What names an encoder: texts that can be read back, slugs that differ, typos that are told."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.encoders import KNOWN, EncoderSpec, parse
from panoptic_data.errors import UnknownEncoder, UnknownEncoderOption

DATACOMP = "datacomp_xl_s13b_b90k"


@pytest.mark.parametrize(
    ("text", "spec", "slug"),
    [
        ("visual", EncoderSpec("visual"), "visual"),
        (
            "clip",
            EncoderSpec("clip", "ViT-B-32", DATACOMP),
            "clip-vit-b-32-datacomp-xl-s13b-b90k",
        ),
        (
            "clip:ViT-L-14?weights=openai",
            EncoderSpec("clip", "ViT-L-14", "openai"),
            "clip-vit-l-14-openai",
        ),
        (
            "timm:resnet50.a1_in1k",
            EncoderSpec("timm", "resnet50.a1_in1k"),
            "timm-resnet50-a1-in1k",
        ),
    ],
)
def test_a_text_names_an_encoder(text, spec, slug):
    assert parse(text) == spec
    assert (spec.text, spec.slug) == (text, slug)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("visual", "visual"),
        ("clip", f"ViT-B-32 · {DATACOMP}"),
        ("clip:local-dir:/weights/tiny-clip", "tiny-clip"),
        ("timm:resnet50.a1_in1k", "resnet50.a1_in1k"),
        ("timm:mobilenetv2_100?checkpoint=/weights/mobilenetv2_100.pt", "mobilenetv2_100"),
        (
            "timm:mobilenetv2_100?checkpoint=/weights/posters.pt&mean=0.5",
            "mobilenetv2_100 · posters",
        ),
    ],
)
def test_an_encoder_has_a_short_name_for_people(text, label):
    assert parse(text).label == label


def test_the_default_weights_need_not_be_named():
    assert parse(f"clip:ViT-B-32?weights={DATACOMP}") == parse("clip") == parse(" clip:ViT-B-32 ")
    assert parse(f"clip:ViT-L-14?weights={DATACOMP}").text == "clip:ViT-L-14"


def test_options_are_kept_in_order_of_name():
    spec = parse("timm:resnet18?std=0.5&checkpoint=/x.pt&mean=0.5,0.4,0.3")
    assert spec == EncoderSpec(
        "timm", "resnet18", "/x.pt", (("mean", "0.5,0.4,0.3"), ("std", "0.5"))
    )
    assert spec.text == "timm:resnet18?checkpoint=/x.pt&mean=0.5,0.4,0.3&std=0.5"


@given(path=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1))
def test_any_path_can_be_written_and_read_back(path):
    spec = EncoderSpec("clip", "ViT-B-32", f"/weights/x{path}.pt")
    assert parse(spec.text) == spec
    folder = EncoderSpec("clip", f"local-dir:/weights/x{path}y")
    assert parse(folder.text) == folder


def test_a_relative_path_is_taken_from_where_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert parse("clip:local-dir:tiny").local_path == tmp_path / "tiny"
    assert parse("timm:resnet18?checkpoint=x.pt").local_path == tmp_path / "x.pt"


def test_known_encoders_are_described():
    assert all(parse(spec.text) == spec for spec in KNOWN)
    clip = parse("clip")
    assert (clip.dim, clip.licence, clip.megabytes, clip.reads_text) == (512, "MIT", 605, True)
    assert [spec.text for spec in KNOWN if not spec.licence] == []


def test_every_model_that_can_be_named_has_a_slug_of_its_own():
    import open_clip
    import timm

    texts = [f"clip:{model}?weights={tag}" for model, tag in open_clip.list_pretrained()]
    texts += [f"timm:{model}" for model in timm.list_models(pretrained=True)]
    texts += ["timm:resnet18?mean=0.5", "timm:resnet18?checkpoint=/a/x.pt", "visual"]
    texts += ["timm:resnet18?checkpoint=/b/x.pt", "clip:hf-hub:a/b", "clip:hf-hub:a-b"]
    slugs = {parse(text).slug for text in texts}
    assert len(slugs) == len(texts)
    assert [slug for slug in slugs if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)] == []


@pytest.mark.parametrize(
    ("text", "close"),
    [
        ("clpi", "clip"),
        ("clip:ViT-B32", "clip:ViT-B-32, "),
        ("timm", "timm:mobilenetv2_100, "),
        ("visual:colour", "visual"),
        ("", "clip, "),
    ],
)
def test_a_typo_is_answered_with_what_is_close(text, close):
    with pytest.raises(UnknownEncoder) as error:
        parse(text)
    assert error.value.params["name"] == text
    assert str(error.value.params["known"]).startswith(close)


def test_an_option_that_none_takes_is_refused():
    with pytest.raises(UnknownEncoderOption) as error:
        parse("timm:resnet18?weight=/x.pt")
    assert "“weight”" in error.value.message("en")
    assert "checkpoint" in error.value.message("fr")


def test_a_path_is_expanded_and_made_absolute():
    assert parse("clip:ViT-B-32?weights=~/x.pt").local_path == Path.home() / "x.pt"


def test_a_folder_of_open_clip_given_as_weights_says_which_model_it_is(tmp_path):
    (tmp_path / "open_clip_config.json").write_text("{}")
    spec = parse(f"clip:ViT-B-32?weights={tmp_path}")
    assert spec == parse(f"clip:local-dir:{tmp_path}")
    assert spec.local_path == tmp_path
