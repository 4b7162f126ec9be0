"""The op of an origin alone: it still fails, on few numbers, in a message of which a script is made; what does not fail alone is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from process import start
from transformers import AutoModelForCausalLM

import nanscope_torch
from nanscope_torch import tap
from nanscope_torch.errors import UserError
from nanscope_torch.health import DeviceCounter
from nanscope_torch.ops import facts_of
from nanscope_torch.reduce import Call, kept_call, reduced

BEFORE_GUARD = torch.__version__.startswith("2.4")


def run(place: Path, change: Any = None, **settings: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Evaluates a tiny model after `change`, and reduces its origin: the origin, and the last message but `done`."""
    model = AutoModelForCausalLM.from_pretrained(tiny.gpt2(place))
    with torch.no_grad():
        if change:
            change(model)
    model.save_pretrained(place / "model")
    inputs = tiny.inputs(place)
    _, messages = start(tiny.task(place / "model", inputs, place / "lane", **settings))
    assert messages[-1]["kind"] == "done", messages[-1]
    origin = json.loads((place / "lane" / "run.json").read_text())["cascade"]["origin"]
    task = tiny.task(place / "model", inputs, place / "lane", **settings)
    del task["folder"]
    fault = {"op": origin["key"], "fault": origin["kind"], "batch": 0, "budget": 60}
    _, messages = start({**task, "kind": "reduce-case", "task": {**task["task"], **fault}})
    return origin, messages[-1] if messages[-1]["kind"] != "done" else messages[-2]


def again(message: dict[str, Any]) -> torch.Tensor:
    """What the reduced call gives here, made of the message alone."""
    operands = {each["name"]: torch.tensor(each["values"], dtype=getattr(torch, each["type"][6:])).reshape(each["shape"]) for each in message["operands"]}
    given = {name: operands[name] if text is None else eval(text) for name, text in message["arguments"]}
    function = eval(message["call"])
    out = function(**given) if message["named"] else function(*given.values())
    return out if isinstance(out, torch.Tensor) else out[message["output"]]


def test_an_overflow_is_one_product_of_few_numbers(tmp_path: Path) -> None:
    def large(model: torch.nn.Module) -> None:
        model.transformer.h[1].mlp.c_fc.weight[:] *= 1e38
        model.transformer.h[1].mlp.c_fc.weight[3, 5] = 3e38

    origin, message = run(tmp_path, large)
    assert origin["key"].startswith("forward/transformer.h.1/mlp/c_fc/addmm") and origin["kind"] == "Inf"
    assert message["kind"] == "reduced" and message["kernel"] == "aten.addmm.default" and message["minimal"]
    assert sum(len(operand["values"]) for operand in message["operands"]) < 60 < message["from"]
    assert message["call"] == "torch.ops.aten.addmm.default" and not message["named"]
    assert again(message).reshape(-1)[message["index"]].isinf() and message["got"] in ("Infinity", "-Infinity")
    assert isinstance(message["expected"], float)


def test_an_op_that_is_given_a_nan_is_nothing_to_reduce(tmp_path: Path) -> None:
    def poison(model: torch.nn.Module) -> None:
        model.transformer.h[0].mlp.c_fc.weight[0, 0] = float("nan")

    _, message = run(tmp_path, poison)
    assert message["kind"] == "user-error" and message["code"] == "reduce/nothing" and message["exitCode"] == 2
    assert "Mend the weight" in message["message"]


@pytest.mark.skipif(not BEFORE_GUARD, reason="attention has a guard for rows without a key from 2.5 on")
def test_a_row_without_a_key_is_one_query_and_one_key(tmp_path: Path) -> None:
    origin, message = run(tmp_path, maskForm="4d")
    assert "_scaled_dot_product_flash_attention_for_cpu" in origin["key"] and origin["mechanism"]["name"] == "fully masked row"
    assert message["kernel"] == "scaled_dot_product_attention" and message["expected"] == 0
    assert {operand["name"]: operand["values"] for operand in message["operands"]} == {"query": [0], "key": [0], "value": [0], "attn_mask": [0]}
    assert again(message).isnan().all()


def division(kind: str, a: list[float], b: list[float], fault: Any = None) -> dict[str, Any]:
    """The reduction of one division; `fault` changes what it gives in float32."""
    call = Call(torch.ops.aten.div.Tensor, facts_of(torch.ops.aten.div.Tensor), (torch.tensor(a, dtype=torch.float32), torch.tensor(b, dtype=torch.float32)), {}, 0)

    def spoiled(**given: torch.Tensor) -> torch.Tensor:
        out = torch.div(*given.values())
        if fault and out.dtype is torch.float32:
            fault(out, *given.values())
        return out

    call.func = spoiled
    return reduced(call, kind, "forward/div.Tensor#0:0", 20)


def test_a_nan_that_float64_has_as_well_takes_no_fault_s_place() -> None:
    def three_is_nan(out: torch.Tensor, a: torch.Tensor, _b: torch.Tensor) -> None:
        out[a == 3] = torch.nan

    message = division("NaN", [0, 3, 2], [0, 4, 5], three_is_nan)
    assert message["expected"] == 3 and [operand["values"] for operand in message["operands"]] == [[3], [1]]
    message = division("NaN", [0, 3, 2], [0, 4, 5])
    assert math.isnan(message["expected"]) and [operand["values"] for operand in message["operands"]] == [[0], [0]]


def test_a_wrong_number_is_held_at_its_own_room_beside_an_infinity() -> None:
    def off(out: torch.Tensor, a: torch.Tensor, _b: torch.Tensor) -> None:
        if out.shape == (3,) and a[2] != 0:
            out[1] += 1e-3

    message = division("number", [1, 3, 2], [0, 4, 1], off)
    assert message["index"] == 1 and abs(message["got"] - message["expected"]) > message["room"] > 0


def test_operands_of_float64_keep_every_digit_and_its_kernel_is_not_its_own_judge() -> None:
    call = Call(torch.ops.aten.mul.Tensor, facts_of(torch.ops.aten.mul.Tensor), (torch.tensor([1 / 3, 1e300], dtype=torch.float64), torch.tensor([1e300, 1e300], dtype=torch.float64)), {}, 0)
    message = reduced(call, "Inf", "forward/mul.Tensor#0:0", 20)
    assert [operand["dtype"] for operand in message["operands"]] == ["float64", "float64"]
    assert again(message).isinf().all() and [operand["values"] for operand in message["operands"]] == [[1e300], [1e300]]
    with pytest.raises(UserError, match="nothing finer"):
        reduced(call, "number", "forward/mul.Tensor#0:0", 20)


def test_a_call_that_cannot_be_made_is_not_reproduced() -> None:
    call = Call(torch.ops.aten.mm.default, facts_of(torch.ops.aten.mm.default), (torch.ones(2, 3), torch.ones(2, 3)), {}, 0)
    for kind in ("NaN", "Inf", "number"):
        with pytest.raises(UserError, match="found none. It needs more"):
            reduced(call, kind, "forward/mm#0:0", 20)


def reduced_loop(place: Path, model: torch.nn.Module, step: Any) -> dict[str, Any]:
    """Traces three steps of a loop, and reduces its origin from what the folder has: the last message but `done`."""
    with nanscope_torch.trace(model, out=place) as run:
        for _ in range(3):
            step()
    origin = run.cascade["origin"]
    assert (place / "target" / "origin.pt").exists(), origin
    _, messages = start({"protocol": 1, "kind": "reduce-case", "device": "cpu", "task": {"call": str(place / "target" / "origin.pt"), "op": origin["key"], "fault": origin["kind"], "budget": 60}})
    return messages[-1] if messages[-1]["kind"] != "done" else messages[-2]


@pytest.mark.parametrize("late", [False, True])
def test_a_loop_of_ones_own_is_reduced_from_the_call_that_it_left(tmp_path: Path, late: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if late:  # The host in the place of a device whose counts come after the step.
        monkeypatch.setattr(tap, "counter_for", lambda device, full: DeviceCounter(full, device))
    model = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.GELU(), torch.nn.Linear(8, 4))
    with torch.no_grad():
        model[2].weight[1, 2] = 3e38
        model[0].bias += 20
    message = reduced_loop(tmp_path, model, lambda: model(torch.ones(3, 6) * 4).mean().backward())
    assert message["kind"] == "reduced" and message["kernel"] == "aten.addmm.default" and message["minimal"]
    assert again(message).reshape(-1)[message["index"]].isinf()


def test_a_fault_of_the_backward_pass_is_reduced_as_well(tmp_path: Path) -> None:
    model = torch.nn.Linear(4, 4)
    with torch.no_grad():
        model.weight.zero_()
        model.bias.zero_()
    message = reduced_loop(tmp_path, model, lambda: model(torch.ones(2, 4)).norm().sqrt().backward())
    assert message["kind"] == "reduced" and "div" in message["kernel"] and not torch.isfinite(again(message).reshape(-1)[message["index"]])


@pytest.mark.skipif(not BEFORE_GUARD, reason="attention has a guard for rows without a key from 2.5 on")
@pytest.mark.parametrize("family", [tiny.gpt2, tiny.llama])
def test_a_row_without_a_key_of_a_loop_is_one_query_and_one_key(tmp_path: Path, family: Any) -> None:
    model = AutoModelForCausalLM.from_pretrained(family(tmp_path))
    mask = torch.ones(8, 8, dtype=torch.bool).tril()[None, None].repeat(2, 1, 1, 1)
    mask[0, :, :, :3] = False
    message = reduced_loop(tmp_path / "run", model, lambda: model(input_ids=torch.arange(16).view(2, 8), attention_mask=mask))
    assert message["kernel"] == "scaled_dot_product_attention" and message["expected"] == 0
    assert again(message).isnan().all()


def test_a_file_that_is_no_call_is_one_line(tmp_path: Path) -> None:
    for content in (b"", b"broken\n"):
        (tmp_path / "origin.pt").write_bytes(content)
        with pytest.raises(UserError, match=r"expected a call that can be made here, found .*Trace the loop again\.$"):
            kept_call(str(tmp_path / "origin.pt"), "forward/mm#0:0")


def test_what_is_given_a_nan_leaves_no_call(tmp_path: Path) -> None:
    model = torch.nn.Linear(4, 4)
    with torch.no_grad():
        model.weight[0, 0] = torch.nan
    with nanscope_torch.trace(model, out=tmp_path), torch.no_grad():
        model(torch.ones(2, 4))
    assert not (tmp_path / "target" / "origin.pt").exists()


@pytest.mark.parametrize("name", ["what goes in", "what comes out", "both"])
def test_complex_numbers_leave_no_call(tmp_path: Path, name: str) -> None:
    ops = {"what goes in": lambda y: torch.complex(y * 3e38, y * 3e38).abs(), "what comes out": lambda y: y / 0j, "both": lambda y: torch.complex(y, y) / (y * 0)}
    model = torch.nn.Linear(4, 4, bias=False)
    with torch.no_grad():
        model.weight.fill_(0.25)
    with nanscope_torch.trace(model, out=tmp_path) as run, torch.no_grad():
        ops[name](model(torch.ones(2, 4)))
    assert run.cascade["origin"] and not (tmp_path / "target" / "origin.pt").exists()
    assert "nanscope reduce" not in json.loads((tmp_path / "run.json").read_text())["verdict"]["next"]
