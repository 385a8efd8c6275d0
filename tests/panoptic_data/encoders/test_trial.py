"""The trial of dtype and batch: fast only where it is faithful, and the same every time."""

import json

import pytest
import torch

from panoptic_data.encoders import load, parse, trial
from panoptic_data.encoders.preparation import Preparation
from panoptic_data.encoders.torch_encoder import TorchEncoder
from tests.images import shared
from tests.models import small_timm


@pytest.fixture(autouse=True)
def memory(tmp_path, monkeypatch):
    """A machine that remembers no trial; where it will remember them."""
    monkeypatch.setattr(trial, "_cache_file", lambda: tmp_path / "cache" / "trials.json")
    return tmp_path / "cache" / "trials.json"


def exact(text):
    return load(parse(text), device="cpu", dtype="float32", batch=1)


def vit():
    """The architecture of the default CLIP's image tower at a tenth of its size."""
    import timm

    torch.manual_seed(0)
    model = timm.create_model("vit_tiny_patch16_224", pretrained=False, num_classes=0)
    half = (0.5, 0.5, 0.5)
    preparation = Preparation(224, 224, "shortest", "bicubic", half, half)
    return TorchEncoder(parse("timm:vit_tiny_patch16_224"), model, preparation, "cpu")


def bfloat16(encoder):
    import copy

    model = copy.deepcopy(encoder.visual).bfloat16()
    return trial.fidelity(encoder, model, trial._pictures(encoder, 6))


def test_bfloat16_of_a_vision_transformer_is_faithful():
    assert bfloat16(vit()) >= trial.MIN_FIDELITY


@pytest.mark.parametrize(
    "text",
    [
        "clip:local-dir:{weights}/tiny-clip",
        "timm:mobilenetv2_100?checkpoint={weights}/mobilenetv2_100.pt&pad_type=same&mean=0.5&std=0.5",
    ],
)
def test_what_is_chosen_is_faithful(text):
    encoder = exact(text.format(weights=shared("weights")))
    result = trial.run(encoder)
    assert result.cosine >= trial.MIN_FIDELITY
    assert result.rate > 0
    # These two lose too much in bfloat16, however fast it may be here.
    assert bfloat16(encoder) < trial.MIN_FIDELITY
    assert result.dtype == "float32"
    assert result.batch in trial.BATCHES["cpu"]


def test_vectors_of_the_chosen_dtype_are_those_of_float32():
    encoder = vit()
    pictures = trial._pictures(encoder, 6)
    before = encoder.encode(pictures)
    result = trial.run(encoder)
    after = encoder.configure(result.dtype, result.batch).encode(pictures)
    assert (before * after).sum(axis=1).min() >= trial.MIN_FIDELITY


def test_a_machine_remembers_what_it_chose(tmp_path, memory):
    text = f"timm:test_vit?checkpoint={small_timm(tmp_path / 'x.pt')}"
    first = load(parse(text), device="cpu")
    [stored] = json.loads(memory.read_text()).values()
    assert (stored["dtype"], stored["batch"]) == (first.dtype, first.batch)
    memory.write_text(
        json.dumps({key: {**stored, "batch": 5} for key in json.loads(memory.read_text())})
    )
    assert load(parse(text), device="cpu").batch == 5


def test_a_damaged_memory_is_forgotten(tmp_path, memory):
    memory.parent.mkdir()
    memory.write_text("{")
    encoder = load(parse(f"timm:test_vit?checkpoint={small_timm(tmp_path / 'x.pt')}"), device="cpu")
    assert encoder.batch in trial.BATCHES["cpu"]
    assert len(json.loads(memory.read_text())) == 1


def test_an_overflow_is_not_faithful():
    encoder = vit()
    torch.nn.init.constant_(encoder.visual.norm.weight, 1e5)
    half = trial._cast(encoder, "float16")
    assert not trial.fidelity(encoder, half, trial._pictures(encoder, 2)) >= trial.MIN_FIDELITY


def test_a_candidate_wins_only_by_enough():
    assert trial._fastest({"float32": 10.0, "bfloat16": 12.0}, 1.25) == "float32"
    assert trial._fastest({"float32": 10.0, "bfloat16": 13.0}, 1.25) == "bfloat16"
    assert trial._fastest({8: 10.0, 16: 10.3, 32: 10.9, 64: 9.0}, 1.04) == 32
