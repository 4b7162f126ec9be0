"""A record is made again, bit by bit, of any records before it; a wrong number in a call shows in that call alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator

import pytest
import tiny
import torch
from process import answers

from nanscope_torch.score import score, under
from fault import InjectedFault
from nanscope_torch.inputs import read_batches
from nanscope_torch.model import load_model
from nanscope_torch.calls import Calls
from nanscope_torch.ask import from_wire, to_wire
from nanscope_torch.shadow import Answers, same_as
from nanscope_torch.tap import Tap

FAMILIES = {"gpt2": tiny.gpt2, "llama": tiny.llama}


def calls_of(place: Path, family: str, attn: str = "sdpa", dtype: str = "float32") -> Calls:
    loaded = load_model(str(FAMILIES[family](place)), name=None, device=torch.device("cpu"), attn=attn, dtype=dtype)
    batch = next(read_batches(str(tiny.inputs(place)), tiny.VOCABULARY))
    tap = Tap(loaded.model, loaded.device)
    calls = Calls(tap.recorder)
    tap.run = calls.run
    score(loaded, batch, under(tap))
    return calls


def wrong(calls: Calls, shared: frozenset[str]) -> Iterator[str]:
    """Names of the records that a replay of their own inputs, over the wire and back, does not give again."""
    for name in sorted(shared):
        key, _, output = name.rpartition(":")
        unit = calls.unit(key, shared)
        given = {leaf: from_wire(json.loads(json.dumps(to_wire(tensor)))) for leaf, tensor in unit.leaves.items()}
        again = calls.replay(unit, given)[int(output)]
        first = calls.all[unit.end].made(int(output))
        if not torch.equal(again.nan_to_num(nan=7.0), first.nan_to_num(nan=7.0)) or again.dtype != first.dtype:
            yield name


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
@pytest.mark.parametrize("attn", ["sdpa", "eager"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_record_is_made_again_of_those_before_it(tmp_path: Path, family: str, attn: str, dtype: str) -> None:
    calls = calls_of(tmp_path, family, attn, dtype)
    names = frozenset(name for name, _ in calls.records())
    assert len(names) > 80
    assert list(wrong(calls, names)) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_and_of_few_records_far_before_it(tmp_path: Path, family: str) -> None:
    calls = calls_of(tmp_path, family)
    few = frozenset(name for name, tensor in calls.records() if "add" in name and tensor.is_floating_point() and tensor.dim() == 3)
    assert 4 <= len(few) < 30
    assert list(wrong(calls, few)) == []


@pytest.mark.parametrize("nth", range(3, 45, 6))
def test_a_wrong_number_shows_in_its_own_call_alone(tmp_path: Path, nth: int) -> None:
    with InjectedFault("forward", nth, value=123.0) as fault:
        calls = calls_of(tmp_path, "gpt2")
    assert fault.hit is not None
    names = frozenset(name for name, _ in calls.records())
    found = {name.rpartition("#")[0] for name in wrong(calls, names)}
    assert found <= {"/".join(part for part in fault.hit if part)}
    # A view of memory that others hold as well has the number in all of them.
    assert found or fault.hit[2].startswith(("split", "slice", "select", "index"))


def test_of_float64_all_bits_count(tmp_path: Path) -> None:
    calls = calls_of(tmp_path, "gpt2", dtype="float64")
    losses = torch.tensor([1 / 3, 2.5], dtype=torch.float64)
    answers = Answers(losses.tolist, calls)
    assert torch.equal(from_wire({"shape": [2], "values": answers.evaluate({"times": 1})[0]}), losses)
    record = next(each for each in answers.digest({}) if each["kernel"] == "addmm")
    first = dict(calls.records())[record["key"]].reshape(-1)[0]
    assert record["samples"]["$"] == "f8" and from_wire({"shape": [1], "values": record["samples"]})[0] == first
    moved = torch.tensor([1.0, 1.0 + 2**-52], dtype=torch.float64)
    assert same_as(moved) not in ("", same_as(moved.flip(0)))
    assert same_as(torch.tensor([1.0, 2.0])) == same_as(torch.tensor([1.0, 2.0]).half())


def test_it_answers_questions_until_it_is_told_to_stop(tmp_path: Path) -> None:
    task = tiny.task(tiny.gpt2(tmp_path), tiny.inputs(tmp_path), tmp_path)
    del task["folder"]
    task = {**task, "kind": "shadow", "task": {**task["task"], "batch": 1}}
    questions: list[dict[str, Any]] = [
        {"kind": "question", "id": 1, "name": "digest", "ask": {}},
        {"kind": "question", "id": 2, "name": "capture", "ask": {"calls": ["forward/nothing#0"], "shared": []}},
        {"kind": "question", "id": 3, "name": "evaluate", "ask": {"times": 2}},
        {"kind": "stop"},
    ]
    lines = "".join(json.dumps(each) + "\n" for each in [task, *questions])
    code, messages = answers(lines)
    kinds = [message["kind"] for message in messages if message["kind"] != "waiting"]
    assert code == 0 and kinds == ["hello", "ready", "answer", "answer", "answer", "done"]
    answered = [message["answer"] for message in messages if message["kind"] == "answer"]
    assert {"key", "path", "kernel", "call", "output", "phase", "size", "samples", "same"} == set(answered[0][0])
    assert answered[1] == [{"key": "forward/nothing#0", "refused": "no call of this name ran"}]
    assert answered[2][0] == answered[2][1]
