"""Stages of the families: the same names as every lane has, beside float64; a wrong kernel is far from it, rounding is near."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from nanscope_torch.inputs import read_batches
from nanscope_torch.model import load_model
from nanscope_torch.stages import MOST, compute, sample, save_stages
from test_faults import FAMILIES, tiny
from tiny import inputs

LAYER = ["attention", "attention residual", ""]
STAGES = ["embeddings", *[f"h.{layer} {stage}".strip() for layer in range(2) for stage in LAYER], "ln_f", "logits", "loss"]


def saved(folder: Path, family: str) -> Path:
    tiny(family, **FAMILIES[family]).save_pretrained(folder / family)
    return folder / family


@pytest.mark.parametrize("family", ["GPT2", "GPTNeoX", "OPT", "Llama", "Qwen2", "Mistral", "Phi"])
def test_every_family_has_its_stages_and_gradients_within_rounding_of_float64(tmp_path: Path, family: str) -> None:
    loaded = load_model(str(saved(tmp_path, family)), name=None, device=torch.device("cpu"))
    batch = next(read_batches(str(inputs(tmp_path)), 64))
    single, double = (compute(each, batch, gradients=True) for each in (loaded, loaded.in_float64()))
    assert list(single) == list(double)
    names = [name for name in single if not name.startswith("grad.")]
    assert [name for name in STAGES if name in names] == names and set(STAGES) - set(names) <= {"h.0 attention residual", "h.1 attention residual"}
    assert sum(name.startswith("grad.") for name in single) == len(list(loaded.model.parameters()))
    largest = max(float(double[name].abs().max()) for name in double)
    for name, tensor in single.items():
        assert double[name].dtype is torch.float64
        assert float((tensor.double() - double[name]).abs().max()) <= 2e-6 * largest, name
    assert all(parameter.grad is None for parameter in loaded.model.parameters())


def test_the_attention_residual_is_the_stream_behind_attention(tmp_path: Path) -> None:
    for family in ("GPT2", "Llama", "OPT"):
        loaded = load_model(str(saved(tmp_path, family)), name=None, device=torch.device("cpu"))
        found = compute(loaded, next(read_batches(str(inputs(tmp_path)), 64)), gradients=False)
        for layer, before in ((0, "embeddings"), (1, "h.0")):
            assert torch.equal(found[f"h.{layer} attention residual"].reshape(2, 8, 32), found[before] + found[f"h.{layer} attention"]), family


def test_a_kernel_that_is_wrong_by_little_is_far_from_float64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = torch.nn.functional.layer_norm

    def wrong(x: torch.Tensor, *more: object) -> torch.Tensor:
        return right(x, *more) * (1.00002 if x.dtype is torch.float32 else 1)

    monkeypatch.setattr(torch.nn.functional, "layer_norm", wrong)
    loaded = load_model(str(saved(tmp_path, "GPT2")), name=None, device=torch.device("cpu"))
    save_stages(tmp_path / "stages.safetensors", loaded, next(read_batches(str(inputs(tmp_path)), 64)), gradients=False)
    from safetensors.torch import load_file

    file = load_file(tmp_path / "stages.safetensors")
    apart = {name: float((file[name].double() - file[f"exact/{name}"]).abs().max()) for name in ("embeddings", "h.0 attention")}
    scale = float(file["exact/h.0 attention"].abs().max())
    assert apart["embeddings"] < 1e-7 and apart["h.0 attention"] > 1e-5 * scale
    assert file["classes/embeddings"].tolist() == [0, 0, 2 * 8 * 32]


def test_a_model_that_cannot_run_in_float64_stands_without_it_and_says_so(tmp_path: Path) -> None:
    loaded = load_model(str(saved(tmp_path, "GPT2")), name=None, device=torch.device("cpu"))
    loaded.folder = str(tmp_path / "gone")
    notes = save_stages(tmp_path / "stages.safetensors", loaded, next(read_batches(str(inputs(tmp_path)), 64)), gradients=False)
    assert notes == ["the stages stand without their float64: UserError where it was computed on the host"]
    from safetensors.torch import load_file

    assert not any(name.startswith("exact/") for name in load_file(tmp_path / "stages.safetensors"))


def test_a_large_tensor_is_sampled_and_every_channel_has_its_turn() -> None:
    tensor = torch.arange(1024 * 768).reshape(1024, 768)
    kept = sample(tensor)
    assert MOST / 2 < len(kept) <= MOST and len(set((kept % 768).tolist())) == 768
    assert torch.equal(sample(tensor[:4]), tensor[:4].reshape(-1))
