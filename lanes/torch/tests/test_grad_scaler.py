"""A loss that a GradScaler multiplies: what it makes too large and takes back is no fault, what it only hides is one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from small import ones, record_of, small
from torch import nn

import nanscope_torch
from nanscope_torch.errors import NonFiniteFound


def scaled(place: Path, loss: Callable[[torch.Tensor], torch.Tensor], scale: float) -> float:
    """Two backward passes a step, of which the first is over before the scaler looks."""
    model = small()
    optimizer, scaler = torch.optim.SGD(model.parameters(), lr=1e-3), torch.amp.GradScaler("cpu", init_scale=scale)
    with nanscope_torch.trace(model, out=place, raise_on="nan"):
        for _ in range(4):
            for _ in range(2):
                scaler.scale(loss(model(ones()))).backward()
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
    return scaler.get_scale()


def test_what_a_grad_scaler_makes_too_large_is_no_fault(tmp_path: Path) -> None:
    assert scaled(tmp_path, lambda out: out.exp().mean() * 100, 2.0**127) < 2.0**127
    assert [event for event in record_of(tmp_path)["cascade"]["events"] if "benign" not in event] == []


def test_what_a_grad_scaler_only_hides_is_one(tmp_path: Path) -> None:
    with pytest.raises(NonFiniteFound, match="born in backward/.*division by 0"):
        scaled(tmp_path, lambda out: (out * 0).norm().sqrt(), 2.0**16)


TOO_LARGE: dict[str, tuple[Callable[[torch.Tensor], torch.Tensor], str]] = {
    "exp": (lambda out: (out.abs() * 1e3 + 100).exp().mean(), "exp"),
    "a square": (lambda out: (out * 1e30).pow(2).mean(), "pow.Tensor_Scalar"),
    "a difference of two": (lambda out: (out.abs() + 100).exp().mean() - (out.abs() + 101).exp().mean(), "exp"),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_a_loss_that_is_too_large_by_itself_is_no_matter_of_the_scaler(tmp_path: Path, name: str) -> None:
    loss, kernel = TOO_LARGE[name]
    with pytest.raises(NonFiniteFound, match=f"step 0: Inf is born in loss/{kernel}#0"):
        scaled(tmp_path, loss, 2.0**16)


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam])
@pytest.mark.parametrize("looks", [True, False])
def test_a_scaled_gradient_in_a_step_without_the_scaler_is_a_fault(tmp_path: Path, make: Any, looks: bool) -> None:
    model = small()
    optimizer, scaler = make(model.parameters(), lr=1e-3), torch.amp.GradScaler("cpu", init_scale=2.0**127)
    with nanscope_torch.trace(model, out=tmp_path) as run:
        scaler.scale(model(ones()).exp().mean() * 100).backward()
        if looks:
            scaler.unscale_(optimizer)
        optimizer.step()
    origin = run.cascade.get("origin", {})
    assert origin.get("batch") == 0 and origin["kind"] == "Inf", origin


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam])
def test_a_fused_step_that_the_scaler_skips_inside_is_no_fault(tmp_path: Path, make: Any) -> None:
    model = small()
    optimizer, scaler = make(model.parameters(), lr=1e-3, fused=True), torch.amp.GradScaler("cpu", init_scale=2.0**127)
    with nanscope_torch.trace(model, out=tmp_path) as run:
        for _ in range(3):
            scaler.scale(model(ones()).exp().mean() * 100).backward()
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
    assert scaler.get_scale() < 2.0**127 and all(parameter.isfinite().all() for parameter in model.parameters())
    assert "origin" not in run.cascade, run.cascade["origin"]


def test_a_scaled_gradient_in_a_step_by_hand_is_a_fault(tmp_path: Path) -> None:
    model, scaler = small(), torch.amp.GradScaler("cpu", init_scale=2.0**127)
    with nanscope_torch.trace(model, out=tmp_path) as run:
        scaler.scale(model(ones()).exp().mean() * 100).backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= 1e-3 * parameter.grad
    assert run.cascade.get("origin", {}).get("kind") == "Inf"
