"""Encoders of the shape of SigLIP 2: their tokenizer, their sigmoid, and how they are named."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
import torch

from panoptic_data.encoders import KNOWN, MULTILINGUAL, load, midpoint, openclip, parse
from panoptic_data.errors import WeightsUnavailable
from panoptic_data.search.languages import is_not_english
from panoptic_data.vectors import encoder_state
from tests.models import photographs, small_siglip, write_tokenizer

WORDS = ["une robe rouge et un chapeau", "a red dress and a hat", "ein rotes Kleid"]


def exact(folder):
    return load(parse(f"clip:local-dir:{folder}"), device="cpu", dtype="float32", batch=2)


def by_open_clip(folder, words):
    import open_clip

    model, transform = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    tokens = open_clip.get_tokenizer(f"local-dir:{folder}")(words)
    with torch.inference_mode():
        pictures = model.eval().encode_image(torch.stack([*map(transform, photographs())]))
        return [
            torch.nn.functional.normalize(part.float(), dim=-1).numpy()
            for part in (pictures, model.encode_text(tokens))
        ]


def assert_as_open_clip(folder):
    encoder = exact(folder)
    pictures, texts = by_open_clip(folder, WORDS)
    ours = encoder.encode(np.stack([*map(encoder.prepare, photographs())]))
    assert (encoder.dim, encoder.input_size, encoder.reads_text) == (64, 160, True)
    assert np.all((ours * pictures).sum(axis=1) > 0.9999)
    assert np.all((encoder.encode_text(WORDS) * texts).sum(axis=1) > 0.9999)


def test_a_sigmoid_says_from_where_words_fit(tmp_path):
    folder = small_siglip(tmp_path / "siglip", own_tokenizer=False, bias=-7.0)
    assert_as_open_clip(folder)
    encoder = exact(folder)
    assert encoder.bias == -7.0
    cosine = midpoint(encoder)
    assert 1 / (1 + math.exp(-(encoder.scale * cosine + encoder.bias))) == pytest.approx(0.5)
    assert midpoint(load(parse("visual"))) is None


def test_its_tokenizer_lies_beside_its_weights(tmp_path):
    pytest.importorskip("transformers", reason="panoptic-data[multilingual] is not installed")
    folder = small_siglip(tmp_path / "siglip")
    write_tokenizer(folder, WORDS)
    assert_as_open_clip(folder)
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(WeightsUnavailable, match="turns words into numbers") as error:
        exact(folder)
    assert error.value.cause == f"tokenizer: {folder / 'tokenizer.json'}"


def test_without_its_package_the_extra_is_named(tmp_path, monkeypatch):
    folder = small_siglip(tmp_path / "siglip")
    monkeypatch.setattr(openclip, "find_spec", lambda name: None)
    for text in (MULTILINGUAL, f"clip:local-dir:{folder}"):
        with pytest.raises(WeightsUnavailable) as error:
            load(parse(text))
        assert error.value.cause == "package: transformers"
        for language in ("en", "fr"):
            assert "panoptic-data[multilingual]" in error.value.message(language)


def test_a_package_that_was_installed_since_is_tried_at_once(monkeypatch):
    row = {"cause": "package: transformers", "checked_at": datetime.now(UTC)}
    spec = parse(MULTILINGUAL)
    monkeypatch.setattr(encoder_state, "find_spec", lambda name: None)
    assert not encoder_state.may_recheck(spec, row)
    monkeypatch.setattr(encoder_state, "find_spec", lambda name: object())
    assert encoder_state.may_recheck(spec, row)
    assert not encoder_state.may_recheck(spec, row | {"cause": "offline: huggingface.co"})


def test_it_has_a_name_for_people():
    spec = parse("multilingual")
    assert (spec.text, spec.weights) == (MULTILINGUAL, "webli")
    assert spec in KNOWN
    assert spec.licence == "Apache-2.0"
    assert [known.text for known in KNOWN if known.is_multilingual] == [MULTILINGUAL]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a red dress", False),
        ("golden retriever on the beach", False),
        ("12345", False),
        ("affiche avec des femmes", True),
        ("été", True),
        ("Frau mit Hut", True),
        ("собака", True),
        ("mujer con sombrero", True),
    ],
)
def test_words_of_other_languages_are_known_by_letters_and_small_words(text, expected):
    assert is_not_english(text) is expected
