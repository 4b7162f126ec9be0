"""Calls that the parent names are made as they are given, and what they give is told; the probe answers for every device."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from nanscope_torch.ask import ask, from_wire, run_conform, to_array, to_wire
from nanscope_torch.errors import Refused
from nanscope_torch.folder import Channel
from nanscope_torch.versions import run_probe

CPU = torch.device("cpu")


def given(tensor: torch.Tensor, **more: Any) -> dict[str, Any]:
    kind = "u1" if tensor.dtype is torch.bool else "f4"
    return {"shape": list(tensor.shape), "type": str(tensor.dtype)[6:], "values": to_array(kind, tensor), **more}


def attention(name: str = "own", **more: Any) -> dict[str, Any]:
    tensor = given(torch.arange(64, dtype=torch.float32).reshape(1, 2, 4, 8) / 64)
    backend = {} if name == "own" else {"backend": name}
    return {"id": name, "function": "scaled_dot_product_attention", **backend, "arguments": {"query": tensor, "key": tensor, "value": tensor, **more}}


def messages(run: Any, task: dict[str, Any]) -> list[dict[str, Any]]:
    stream = io.StringIO()
    run(task, Channel(stream))
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_call_is_made_on_what_is_given_and_its_answer_is_that_of_torch() -> None:
    tensor = torch.arange(64, dtype=torch.float32).reshape(1, 2, 4, 8) / 64
    expected = F.scaled_dot_product_attention(tensor, tensor, tensor, is_causal=True)
    for name in ("own", "MATH", "FLASH_ATTENTION"):
        answer = from_wire(ask(attention(name, is_causal=True), CPU)["answer"])
        assert torch.allclose(answer.reshape(tensor.shape), expected, atol=1e-6), name


def test_types_masks_and_memory_layouts_are_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def spy(**arguments: Any) -> torch.Tensor:
        seen.update(arguments)
        return arguments["query"]

    monkeypatch.setattr(F, "scaled_dot_product_attention", spy)
    mask = torch.tensor([[True, False], [True, True]])
    half = torch.arange(24).reshape(1, 2, 3, 4).half()
    ask({"id": "x", "function": "scaled_dot_product_attention", "arguments": {"query": given(half, transposed=True), "attn_mask": given(mask), "is_causal": True}}, CPU)
    assert torch.equal(seen["query"], half) and seen["query"].dtype is torch.float16 and seen["query"].stride() == (24, 4, 8, 1)
    assert torch.equal(seen["attn_mask"], mask) and seen["is_causal"] is True


def test_the_gradients_of_the_sum_of_an_answer_are_given_by_name() -> None:
    answer = ask({**attention(), "gradients": ["query", "value"]}, CPU)
    tensors = [(torch.arange(64, dtype=torch.float32).reshape(1, 2, 4, 8) / 64).requires_grad_() for _ in range(3)]
    F.scaled_dot_product_attention(*tensors).sum().backward()
    for given_back, tensor in zip(answer["gradients"], (tensors[0], tensors[2])):
        assert torch.allclose(from_wire(given_back), tensor.grad.reshape(-1), atol=1e-6)
    assert len(answer["gradients"]) == 2 and "gradients" not in ask(attention(), CPU)


def test_what_torch_does_not_do_is_refused_with_its_reason() -> None:
    wrong = ask(attention(value=given(torch.zeros(3, 5))), CPU)
    assert set(wrong) == {"refused"} and wrong["refused"] and "\n" not in wrong["refused"]


def test_a_function_or_a_backend_that_is_not_there_is_refused_by_name() -> None:
    for call in ({**attention(), "function": "warp"}, attention("WARP")):
        assert ask(call, CPU) == {"refused": f"this PyTorch has no {call.get('backend', 'warp')}"}


@pytest.mark.parametrize("error", [MemoryError("no room"), RuntimeError("CUDA error: an illegal memory access"), RuntimeError("[enforce fail] DefaultCPUAllocator"), AssertionError("odd"), KeyError("x")])
def test_what_breaks_down_is_a_failure_and_not_refused(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def breaks(**_: Any) -> None:
        raise error

    monkeypatch.setattr(F, "scaled_dot_product_attention", breaks)
    assert ask(attention(), CPU) == {"failed": str(error)}
    answers = messages(run_conform, {"device": "cpu", "task": {"calls": [attention(), {**attention(), "function": "relu", "arguments": {"input": given(torch.ones(1))}}]}})
    assert "failed" in answers[1] and "answer" in answers[2]


def test_the_task_makes_the_calls_in_their_order() -> None:
    answers = messages(run_conform, {"device": "cpu", "task": {"calls": [attention("own"), attention("MATH")]}})
    assert [message["kind"] for message in answers] == ["hello", "answer", "answer"]
    assert [message["id"] for message in answers[1:]] == ["own", "MATH"] and answers[1]["answer"]["shape"] == [64]


def test_the_probe_tells_versions_devices_and_what_they_answer() -> None:
    call = {"id": "exp(NaN)", "function": "exp", "arguments": {"input": given(torch.tensor([torch.nan]))}}
    (message,) = messages(run_probe, {"task": {"calls": [call]}})
    probe = message["probe"]
    assert probe["torch"] == torch.__version__.split("+")[0] or probe["torch"] == torch.__version__
    assert {row["name"] for row in probe["devices"]} >= {"cpu", "mps"}
    answer = next(each for each in probe["answers"] if each["device"] == "cpu")
    assert answer["id"] == "exp(NaN)" and from_wire(answer["answer"]).isnan().all()
    assert probe["sdpaBackends"]["math"] is True


def test_every_kind_of_tensor_is_sent_as_it_is() -> None:
    third = torch.tensor([1 / 3, 1e300, -0.0, torch.inf, torch.nan], dtype=torch.float64)
    for tensor in (torch.tensor([1.5, -torch.inf]), torch.tensor([True, False]), torch.tensor([3, -4]), torch.tensor([0.5]).bfloat16(), third):
        assert torch.equal(from_wire(to_wire(tensor)).to(tensor.dtype).nan_to_num(7), tensor.nan_to_num(7))
    assert to_wire(third)["dtype"] == "float64" and to_wire(third)["values"]["$"] == "f8"


def test_a_whole_number_beyond_int32_is_refused() -> None:
    with pytest.raises(Refused, match="int32 has no place for"):
        to_wire(torch.tensor([2**40, 1]))


def test_unsigned_numbers_are_sent_where_int32_has_them() -> None:
    for dtype in (torch.uint8, torch.uint16, torch.uint32, torch.uint64):
        assert from_wire(to_wire(torch.tensor([1, 200], dtype=dtype))).tolist() == [1, 200]
    for dtype, largest in ((torch.uint32, 2**32 - 1), (torch.uint64, 2**64 - 1)):
        with pytest.raises(Refused, match="int32 has no place for"):
            to_wire(torch.tensor([largest], dtype=dtype))


def test_a_call_in_float64_is_made_and_answered_in_float64() -> None:
    number = torch.tensor([1 / 3], dtype=torch.float64)
    tensor = {"shape": [1], "type": "float64", "values": to_array("f8", number)}
    answer = ask({"id": "x", "function": "relu", "arguments": {"input": tensor}}, CPU)["answer"]
    assert torch.equal(from_wire(answer), number)
