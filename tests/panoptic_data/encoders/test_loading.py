"""Models from local files: our path against each library's own; wrong files are told apart."""

import json

import numpy as np
import pytest
import torch

from panoptic_data.encoders import load, parse, validate, warm
from panoptic_data.errors import (
    TextNotSupported,
    UnknownEncoder,
    UnknownEncoderOption,
    WeightsUnavailable,
)
from tests.images import shared
from tests.models import photographs, small_clip, small_timm


def exact(text):
    return load(parse(text), device="cpu", dtype="float32", batch=2)


def vectors(encoder):
    return encoder.encode(np.stack([encoder.prepare(image) for image in photographs()]))


def unit(features):
    return torch.nn.functional.normalize(features.float(), dim=-1).numpy()


def cosines(actual, expected):
    return (actual * expected).sum(axis=1)


def by_open_clip(folder):
    import open_clip

    model, transform = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    with torch.inference_mode():
        return unit(model.eval().encode_image(torch.stack([transform(i) for i in photographs()])))


def by_timm(model, **transform):
    from timm.data import create_transform, resolve_data_config

    expected = create_transform(**{**resolve_data_config(model=model), **transform})
    with torch.inference_mode():
        return unit(model.eval()(torch.stack([expected(image) for image in photographs()])))


@pytest.mark.parametrize("mode", ["shortest", "squash", "longest"])
def test_a_clip_gives_what_open_clip_gives(tmp_path, mode):
    folder = small_clip(tmp_path / "clip", resize_mode=mode)
    encoder = exact(f"clip:local-dir:{folder}")
    assert (encoder.dim, encoder.input_size, encoder.reads_text) == (32, 64, True)
    assert np.all(cosines(vectors(encoder), by_open_clip(folder)) > 0.9999)


def test_the_small_clip_gives_what_open_clip_gives():
    folder = shared("weights/tiny-clip")
    encoder = exact(f"clip:local-dir:{folder}")
    assert np.all(cosines(vectors(encoder), by_open_clip(folder)) > 0.9999)


def test_words_are_read_as_open_clip_reads_them():
    import open_clip

    folder = shared("weights/tiny-clip")
    encoder = exact(f"clip:local-dir:{folder}")
    model, _ = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    words = ["a photo of a cat", "shoes", ""]
    tokens = open_clip.get_tokenizer(f"local-dir:{folder}")(words)
    with torch.inference_mode():
        expected = unit(model.eval().encode_text(tokens))
    assert np.all(cosines(encoder.encode_text(words), expected) > 0.9999)


def test_words_and_pictures_meet():
    encoder = exact(f"clip:local-dir:{shared('weights/tiny-clip')}")
    cat, space = photographs()[0], photographs()[2]
    pictures = encoder.encode(np.stack([encoder.prepare(cat), encoder.prepare(space)]))
    scores = pictures @ encoder.encode_text(["a photo of a cat", "a photo of a space shuttle"]).T
    assert scores.argmax(axis=1).tolist() == [0, 1]


def test_a_timm_model_gives_what_timm_gives(tmp_path):
    import timm

    file = small_timm(tmp_path / "x.pt")
    encoder = exact(f"timm:test_vit?checkpoint={file}")
    model = timm.create_model("test_vit", pretrained=False, checkpoint_path=str(file))
    model.reset_classifier(0)
    assert (encoder.dim, encoder.input_size, encoder.reads_text) == (64, 168, False)
    assert np.all(cosines(vectors(encoder), by_timm(model)) > 0.9999)


def test_options_say_how_pictures_are_prepared():
    import timm

    file = shared("weights/mobilenetv2_100.pt")
    options = "pad_type=same&mean=0.5&std=0.5,0.5,0.5&size=192&resize=224&interpolation=bilinear"
    encoder = exact(f"timm:mobilenetv2_100?checkpoint={file}&{options}")
    model = timm.create_model("mobilenetv2_100", checkpoint_path=str(file), pad_type="same")
    model.reset_classifier(0)
    half = (0.5, 0.5, 0.5)
    prepared = {"input_size": (3, 192, 192), "crop_pct": 192 / 224, "interpolation": "bilinear"}
    expected = by_timm(model, mean=half, std=half, **prepared)
    assert (encoder.dim, encoder.input_size) == (1280, 224)
    assert np.all(cosines(vectors(encoder), expected) > 0.9999)


def test_a_checkpoint_of_other_classes_or_none_is_read(tmp_path):
    import timm

    torch.manual_seed(3)
    for classes in (0, 7):
        model = timm.create_model("test_vit", pretrained=False, num_classes=classes)
        torch.save(model.state_dict(), tmp_path / "x.pt")
        model.reset_classifier(0)
        encoder = exact(f"timm:test_vit?checkpoint={tmp_path / 'x.pt'}")
        assert np.all(cosines(vectors(encoder), by_timm(model)) > 0.9999)


def test_a_vector_does_not_depend_on_what_is_beside_it(tmp_path):
    encoder = exact(f"timm:test_resnet?checkpoint={small_timm(tmp_path / 'x.pt', 'test_resnet')}")
    encoder.configure("float32", 4)
    prepared = np.stack([encoder.prepare(image) for image in photographs()])
    together = encoder.encode(prepared).astype(np.float16)
    alone = [encoder.encode(prepared[i : i + 1])[0].astype(np.float16) for i in range(5)]
    backwards = encoder.encode(prepared[::-1])[::-1].astype(np.float16)
    assert np.array_equal(together, np.stack(alone))
    assert np.array_equal(together, backwards)


def test_vectors_are_unit(tmp_path):
    encoder = exact(f"timm:test_vit?checkpoint={small_timm(tmp_path / 'x.pt')}")
    assert np.allclose(np.linalg.norm(vectors(encoder), axis=1), 1, atol=1e-6)


def test_a_fingerprint_is_of_weights_and_preparation(tmp_path):
    first = f"timm:test_vit?checkpoint={small_timm(tmp_path / 'a.pt', seed=1)}"
    same = f"timm:test_vit?checkpoint={small_timm(tmp_path / 'b.pt', seed=1)}"
    second = f"timm:test_vit?checkpoint={small_timm(tmp_path / 'c.pt', seed=2)}"
    texts = (first, same, second, f"{first}&mean=0.4")
    fingerprints = [exact(text).fingerprint for text in texts]
    assert fingerprints[0] == fingerprints[1]
    assert len(set(fingerprints)) == 3


def test_only_a_clip_reads_text(tmp_path):
    encoder = exact(f"timm:test_vit?checkpoint={small_timm(tmp_path / 'x.pt')}")
    with pytest.raises(TextNotSupported):
        encoder.encode_text(["a cat"])


@pytest.mark.parametrize(
    ("text", "close"),
    [
        ("clip:ViT-B-32?weights=opnai", "clip:ViT-B-32?weights=openai"),
        ("clip:RN50", "clip:RN50?weights="),
        ("timm:mobilnetv2_100", "timm:mobilenetv2_100"),
        ("timm:mobilenetv2_100.openai", "timm:mobilenetv2_100.ra_in1k"),
    ],
)
def test_a_tag_that_does_not_exist_is_answered_with_what_is_close(text, close):
    for act in (validate, load):
        with pytest.raises(UnknownEncoder) as error:
            act(parse(text))
        assert str(error.value.params["known"]).startswith(close)


def cause(text):
    with pytest.raises(WeightsUnavailable) as error:
        load(parse(text))
    return error.value.cause


def test_what_is_absent_is_reported_by_its_path(tmp_path):
    gone = tmp_path / "gone"
    assert cause(f"timm:test_vit?checkpoint={gone}.pt") == f"absent: {gone}.pt"
    assert cause(f"clip:ViT-B-32?weights={gone}.pt") == f"absent: {gone}.pt"
    assert cause(f"clip:local-dir:{gone}") == f"absent: {gone}/open_clip_config.json"


def test_what_does_not_fit_is_never_loaded_in_part(tmp_path):
    file = small_timm(tmp_path / "x.pt")
    assert cause(f"timm:test_resnet?checkpoint={file}") == f"misfit: {file}"
    assert cause(f"clip:ViT-B-32?weights={file}") == f"misfit: {file}"
    file.write_bytes(b"not weights")
    assert cause(f"timm:test_vit?checkpoint={file}") == f"misfit: {file}"


def test_a_directory_without_weights_gives_no_random_ones(tmp_path):
    folder = small_clip(tmp_path / "clip")
    (folder / "open_clip_model.safetensors").unlink()
    assert cause(f"clip:local-dir:{folder}") == f"misfit: {folder}"


def test_a_directory_with_a_damaged_configuration_is_reported(tmp_path):
    folder = small_clip(tmp_path / "clip")
    configuration = folder / "open_clip_config.json"
    configuration.write_text("{")
    assert cause(f"clip:local-dir:{folder}") == f"misfit: {configuration}"
    configuration.write_text(json.dumps({"model_cfg": {}}))
    assert cause(f"clip:local-dir:{folder}") == f"misfit: {configuration}"


def test_an_option_that_is_no_number_is_refused(tmp_path):
    file = small_timm(tmp_path / "x.pt")
    for option in ("mean=red", "mean=1,2", "size=big", "interpolation=magic"):
        with pytest.raises(UnknownEncoderOption) as error:
            load(parse(f"timm:test_vit?checkpoint={file}&{option}"))
        assert error.value.params["option"] == option


def test_a_warm_encoder_is_loaded_again_only_when_its_weights_changed(tmp_path):
    file = small_timm(tmp_path / "x.pt", seed=1)
    spec = parse(f"timm:test_vit?checkpoint={file}")
    first = warm(spec, "float32", 2)
    assert warm(spec, "float32", 2) is first
    small_timm(file, seed=2)
    assert warm(spec, "float32", 2).fingerprint != first.fingerprint
