"""Which result of a call an output is, and what of its lists went into it."""

from __future__ import annotations

import json
from pathlib import Path

import torch

import nanscope_torch
from nanscope_torch.health import HostCounter
from nanscope_torch.ops import facts_of
from nanscope_torch.recorder import Recorder


def test_the_gradient_by_a_frozen_query_is_left_out_and_the_others_keep_their_places() -> None:
    facts = facts_of(torch.ops.aten._scaled_dot_product_efficient_attention_backward.default)
    recorder = Recorder(HostCounter(False), torch.nn.Linear(1, 1))
    upstream, q, k, v, out = (torch.randn(1, 1, 4, 8) for _ in range(5))
    state = torch.zeros(())
    args = (upstream, q, k, v, torch.zeros(1, 1, 4, 4), out, torch.zeros(1, 1, 4), state, state, 0.0, [False, True, True, False])
    by_key = torch.full_like(k, torch.nan)
    recorder.after(facts, recorder.before(facts, args, {}), args, {}, (None, by_key, torch.randn_like(v), None), "backward", "attn")
    assert [op.key[-2:] for op in recorder.ops] == [":1", ":2"]
    assert recorder.ops[0].explained is not None and "the gradient by key 0 of head 0" in recorder.ops[0].explained[1]


def test_an_optimizer_s_outputs_have_the_operands_of_their_own_parameter(tmp_path: Path) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Linear(5, 2))
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    with nanscope_torch.trace(model, out=tmp_path):
        model(torch.randn(4, 3)).sum().backward()
        optimizer.step()
    ops = [json.loads(line) for line in (tmp_path / "target" / "health.jsonl").read_text().splitlines()][1:]
    steps = [op for op in ops if op["kernel"].startswith("_fused_adamw_")]
    parameters = list(model.parameters())
    assert len(steps) >= 4 * len(parameters)
    for place, op in enumerate(steps[: 4 * len(parameters)]):
        item = place % len(parameters)
        assert op["shape"] == list(parameters[item].shape)
        assert {f"{name}.{item}" for name in ("self", "grads", "exp_avgs", "exp_avg_sqs")} <= {given["name"] for given in op["inputs"]}
