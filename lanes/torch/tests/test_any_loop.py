"""`trace` around a loop of the user's: it changes nothing, and finds what is there."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

import nanscope_torch
from nanscope_torch.errors import NonFiniteFound


def model_of(dropout: float = 0.1) -> torch.nn.Module:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(vocab_size=64, n_positions=16, n_embd=32, n_layer=2, n_head=4, attn_pdrop=dropout, resid_pdrop=dropout, embd_pdrop=dropout)).train()


def train(model: torch.nn.Module, steps: int = 3, rate: float = 1e-3, **options: Any) -> list[float]:
    torch.manual_seed(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, **options)
    losses = []
    for _ in range(steps):
        ids = torch.randint(0, 64, (2, 8))
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("options", [{"foreach": False}, {"foreach": True}, {"fused": True}])
def test_training_gives_the_same_bits_with_and_without(tmp_path: Path, options: dict[str, Any]) -> None:
    plain, traced = model_of(), model_of()
    expected = train(plain, **options)
    with nanscope_torch.trace(traced, out=tmp_path / "run"):
        losses = train(traced, **options)
    assert losses == expected
    for (name, one), other in zip(plain.named_parameters(), traced.parameters()):
        assert torch.equal(one, other), name
    record = json.loads((tmp_path / "run" / "target" / "run.json").read_text())
    assert record["status"] == "complete" and record["cascade"]["batchesTraced"] == 3
    assert [event for event in record["cascade"]["events"] if "benign" not in event] == []


def test_phases_and_module_paths_of_a_training_step(tmp_path: Path) -> None:
    with nanscope_torch.trace(model := model_of(), out=tmp_path):
        train(model, steps=1)
    lines = [json.loads(line) for line in (tmp_path / "target" / "health.jsonl").read_text().splitlines()]
    ops = [line for line in lines if line["type"] == "op"]
    assert list(dict.fromkeys(op["phase"] for op in ops)) == ["forward", "loss", "backward", "optimizer"]
    paths = {phase: {op["path"] for op in ops if op["phase"] == phase} for phase in ("forward", "backward")}
    # Each module with parameters computes in both directions.
    for path in ("transformer.h.0/attn/c_attn", "transformer.h.1/mlp/c_proj", "transformer.ln_f", "lm_head", "transformer.wte"):
        assert path in paths["forward"] and path in paths["backward"], path
    # Only the gradients of the loss and of what the model itself does behind its last norm belong to no module below it.
    backward = [op["path"] for op in ops if op["phase"] == "backward"]
    assert "" not in backward[backward.index("transformer.ln_f") :]
    assert any(op["kernel"].startswith("_foreach") or op["kernel"].startswith("_fused") or op["kernel"] == "addcdiv_" for op in ops if op["phase"] == "optimizer")
    assert any(op["path"] == "clip" for op in ops)


def test_what_the_trace_itself_reads_of_a_mask_is_no_op_of_the_loop(tmp_path: Path) -> None:
    model, ids = model_of().eval(), torch.zeros(2, 8, dtype=torch.long)
    mask = torch.ones_like(ids)
    mask[0, :3] = 0
    with nanscope_torch.trace(model, out=tmp_path), torch.no_grad():
        for _ in range(3):
            model(input_ids=ids, attention_mask=mask)
    lines = [json.loads(line) for line in (tmp_path / "target" / "health.jsonl").read_text().splitlines()]
    ops = [line["ops"] for line in lines if line["type"] == "batch"]
    assert len(ops) == 3 and len(set(ops)) == 1


def test_raise_on_nan_stops_at_the_step_and_says_where(tmp_path: Path) -> None:
    model = model_of(0.0)
    with torch.no_grad():
        model.transformer.h[1].mlp.c_fc.weight[0, 0] = math.inf
    with pytest.raises(NonFiniteFound, match="transformer.h.1.mlp.c_fc.weight holds 1 .inf") as raised:
        with nanscope_torch.trace(model, out=tmp_path, raise_on="nan") as run:
            train(model)
    assert "step 0" in str(raised.value) and run.cascade["origin"]["kind"] == "Inf"
    result = json.loads((tmp_path / "run.json").read_text())
    assert result["verdict"]["exitCode"] == 1 and result["target"]["status"] == "complete"
    assert (tmp_path / "target" / "hit.jsonl").exists()


def test_an_error_of_the_loop_is_kept_and_passed_on(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="of mine"):
        with nanscope_torch.trace(model := model_of(), out=tmp_path):
            train(model, steps=1)
            raise RuntimeError("of mine")
    record = json.loads((tmp_path / "target" / "run.json").read_text())
    assert record["status"] == "failed" and record["failure"] == "RuntimeError: of mine" and record["cascade"]["batchesTraced"] == 1


def test_composites_are_taken_apart_under_inference_mode(tmp_path: Path) -> None:
    model = model_of().eval()
    with nanscope_torch.trace(model, out=tmp_path), torch.inference_mode():
        model(input_ids=torch.arange(8)[None])
    kernels = {json.loads(line).get("kernel") for line in (tmp_path / "target" / "health.jsonl").read_text().splitlines()}
    assert "native_layer_norm" in kernels and not kernels & {"layer_norm", "scaled_dot_product_attention", "linear", "matmul"}


def test_nothing_is_left_installed(tmp_path: Path) -> None:
    from torch.nn.modules import module

    before = (len(module._global_forward_hooks), len(module._global_forward_pre_hooks))
    with nanscope_torch.trace(model := model_of(), out=tmp_path):
        train(model, steps=1)
    assert (len(module._global_forward_hooks), len(module._global_forward_pre_hooks)) == before
    assert torch._C._len_torch_dispatch_stack() == 0


@pytest.mark.parametrize("wrong", [{"raise_on": "inf"}, {"level": "gate"}])
def test_an_option_that_is_not_known_is_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected"):
        nanscope_torch.trace(model_of(), out=tmp_path, **wrong)
