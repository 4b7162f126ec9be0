"""A constant of the program that is not finite: a fault where a result or a loss holds it, none where an op is made to end it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from small import ones, small
from torch import nn

import nanscope_torch


def named(place: Path, body: Callable[[torch.Tensor], Any], *, trained: bool = False) -> dict[str, Any]:
    """The origin of three steps of a loop that makes something of what the model gives."""
    model = small()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    with nanscope_torch.trace(model, out=place) as run:
        for _ in range(3):
            kept = body(model(ones()))
            if trained:
                kept.backward()
                optimizer.step()
                optimizer.zero_grad()
    return run.cascade.get("origin", {})


def test_a_constant_of_the_program_is_no_fault_until_a_result_holds_it(tmp_path: Path) -> None:
    def loop(model: nn.Module, *, kept: bool) -> dict[str, Any]:
        with nanscope_torch.trace(model, out=tmp_path) as run, torch.no_grad():
            out = model(ones())
            torch.minimum(torch.tensor(math.inf), out.min())
            torch.full((3,), math.inf)
            unknown = torch.where(torch.tensor([True, False]), torch.tensor(math.nan), out[0, :2])
            if not kept:
                unknown.nan_to_num()
        return run.cascade

    assert "origin" not in loop(small(), kept=False)
    assert loop(small(), kept=True)["origin"]["mechanism"]["name"] == "external input"


ASKED: dict[str, tuple[Callable[[torch.Tensor], Any], str]] = {
    # What the program does with y, and the op that is named.
    "a loss and NaN": (lambda y: y.pow(2).mean() + math.nan, "add.Tensor"),
    "a loss filled": (lambda y: y.pow(2).mean().masked_fill(torch.tensor(True), math.nan), "masked_fill.Scalar"),
    "a loss times inf": (lambda y: y.pow(2).mean() * math.inf, "mul.Tensor"),
    "a result filled": (lambda y: y.masked_fill(y > 0, math.nan), "masked_fill.Scalar"),
    "a result and NaN": (lambda y: y + math.nan, "add.Tensor"),
    "a power of NaN": (lambda y: y**math.nan, "pow.Tensor_Scalar"),
    "a result times inf": (lambda y: y * math.inf, "mul.Tensor"),
    "a result of NaN alone": (lambda y: torch.full_like(y, math.nan), "full_like"),
    "a place in what is filled": (lambda y: y.masked_fill(y > 0, math.nan).argmax(-1), "masked_fill.Scalar"),
    "a place in NaN": (lambda y: (y + math.nan).argmax(-1), "add.Tensor"),
    "0 times inf": (lambda y: (y * 0) * math.inf, "mul.Tensor#1"),
    "0 times inf, which is ended": (lambda y: ((y * 0) * math.inf).nan_to_num(), "mul.Tensor#1"),
    "a check for NaN": (lambda y: torch.isnan(torch.where(y > 0, y, torch.tensor(math.nan))).any(), "where.self"),
    "a check for what is finite": (lambda y: torch.isfinite(torch.where(y > 0, y, torch.tensor(math.nan))).all(), "where.self"),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_constant_in_a_loss_or_a_result_is_named(tmp_path: Path, name: str) -> None:
    body, kernel = ASKED[name]
    origin = named(tmp_path, body, trained="loss" in name)
    assert f"/{kernel}" in origin.get("key", ""), origin
    assert not origin["key"].startswith("backward") and origin["batch"] == 0


MEANT: dict[str, Callable[[torch.Tensor], Any]] = {
    "the nearest of others": lambda y: torch.cdist(y, y).masked_fill(torch.eye(2, dtype=torch.bool), math.inf).argmin(-1),
    "the distance to it": lambda y: torch.cdist(y, y).masked_fill(torch.eye(2, dtype=torch.bool), math.inf).min(-1),
    "the best so far": lambda y: y.pow(2).mean() < torch.full((), math.inf),
    "a mean without what is left out": lambda y: torch.where(y > 0, y, torch.tensor(math.nan)).nanmean(),
    "zeros where it is not finite": lambda y: (lambda out: torch.where(torch.isfinite(out), out, torch.tensor(0.0)))(torch.where(y > 0, y, torch.tensor(math.nan))),
    "a median without it": lambda y: y.masked_fill(torch.tensor([True, False, False, False]), math.nan).nanmedian(-1),
}


@pytest.mark.parametrize("name", MEANT)
def test_a_constant_that_an_op_is_made_to_end_is_no_fault(tmp_path: Path, name: str) -> None:
    assert named(tmp_path, MEANT[name]) == {}
