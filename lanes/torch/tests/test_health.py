"""Counts by bits: each type, each payload, each place; the screen misses nothing; kernels agree with torch ops."""

from __future__ import annotations

import subprocess

import pytest
import torch
from process import python

from nanscope_torch.health import LAYOUTS, DeviceCounter, HostCounter, count_bits, row_bits, row_letters


@pytest.mark.parametrize("dtype", LAYOUTS, ids=str)
def test_every_class_is_counted_and_placed(dtype: torch.dtype) -> None:
    tensor = torch.arange(60, dtype=torch.float32).reshape(3, 20).to(dtype)
    tensor[0, 5], tensor[1, 1], tensor[2, 2], tensor[2, 3] = torch.nan, torch.inf, -torch.inf, torch.nan
    for full in (False, True):
        health = HostCounter(full).measure(tensor).health
        assert health is not None
        assert (health["size"], health["nan"], health["posInf"], health["negInf"], health["firstNaN"], health["firstInf"]) == (60, 2, 1, 1, 5, 21)
    assert health["zero"] == 1 and health["amax"] == 59 and health["min"] == 0 and health["subnormal"] == 0
    assert row_letters(row_bits(tensor), dtype) == "NIN"


def test_every_nan_pattern_is_a_nan_and_every_finite_one_is_not() -> None:
    bits = torch.tensor([0x7F800001, 0x7FC00000, 0x7FFFFFFF, -1, -(2**23) + 1, 0x7F7FFFFF, -(2**23) - 1, 1, -(2**31)], dtype=torch.int64).to(torch.int32)
    assert [int(HostCounter(False).measure(one.reshape(1).view(torch.float32)).health["nan"]) for one in bits] == [1, 1, 1, 1, 1, 0, 0, 0, 0]


def test_the_screen_misses_none_wherever_it_lies_and_an_overflow_of_the_sum_is_no_alarm() -> None:
    counter = HostCounter(False)
    for size in (1, 7, 64, 1000):
        for place in {0, size // 2, size - 1}:
            for value in (torch.nan, torch.inf, -torch.inf):
                tensor = torch.full((size,), 3e38)
                tensor[place] = value
                health = counter.measure(tensor).health
                assert health is not None and health["nan"] + health["posInf"] + health["negInf"] == 1
    both = counter.measure(torch.tensor([torch.inf, -torch.inf])).health
    assert both is not None and (both["posInf"], both["negInf"]) == (1, 1)
    clean = counter.measure(torch.full((1000,), 3e38)).health
    assert clean == {"size": 1000, "nan": 0, "posInf": 0, "negInf": 0}


def test_a_strided_tensor_is_counted_in_its_own_order() -> None:
    tensor = torch.zeros(4, 6).t()
    tensor[1, 0] = torch.nan
    health = HostCounter(False).measure(tensor).health
    assert health is not None and health["firstNaN"] == 4


def test_a_device_buffer_holds_what_the_host_counts() -> None:
    counter = DeviceCounter(True, torch.device("cpu"))
    tensors = [torch.randn(9), torch.tensor([torch.nan, 1.0]), torch.empty(0), torch.tensor([torch.inf], dtype=torch.bfloat16)]
    measured = [counter.measure(tensor) for tensor in tensors]
    assert measured[0].health is None and counter.flush() == 3 * 11 * 8
    for one, tensor in zip(measured, tensors):
        expected = HostCounter(True).measure(tensor).health
        assert one.health is not None and {name: one.health.get(name) for name in expected if tensor.numel()} == {name: pytest.approx(value) for name, value in expected.items() if tensor.numel()}


def test_more_tensors_than_a_buffer_has_rows() -> None:
    counter = DeviceCounter(False, torch.device("cpu"))
    counter.CAPACITY = 4
    measured = [counter.measure(torch.full((2,), torch.nan if place == 9 else 1.0)) for place in range(11)]
    counter.flush()
    assert [one.poisoned for one in measured] == [place == 9 for place in range(11)]


def test_the_triton_kernel_counts_the_same_in_its_interpreter() -> None:
    pytest.importorskip("triton", reason="there is no triton in this Python")
    if torch.__version__.startswith("2.4"):
        pytest.skip("the interpreter of triton 3.0 does not run here")
    program = """
import torch
from nanscope_torch.health import LAYOUTS, count_bits
from nanscope_torch.kernels import triton_counter
count = triton_counter()
for dtype in LAYOUTS:
    for poison in ({}, {1500: torch.nan, 4500: torch.nan, 7: -torch.inf, 4000: torch.inf}):
        tensor = torch.linspace(-3, 3, 5000).to(dtype)
        for place, value in poison.items():
            tensor[place] = value
        row = torch.zeros(11, dtype=torch.int64)
        count(tensor, row)
        assert row[:5].tolist() == count_bits(tensor, False)[:5].tolist(), (dtype, row)
print('same')
"""
    process = python("-c", program, fresh=True, environment={"TRITON_INTERPRET": "1"}, stderr=subprocess.PIPE)
    out, error = process.communicate(timeout=200)
    assert out.strip() == "same", error


def test_the_metal_shader_names_the_bits_of_each_type() -> None:
    """It runs on a Mac alone; here its text is looked at: bits, and no comparison of numbers."""
    from nanscope_torch.kernels import METAL

    for dtype, word in ((torch.float32, "uint"), (torch.float16, "ushort"), (torch.bfloat16, "ushort")):
        _, magnitude, infinity, _ = LAYOUTS[dtype]
        text = METAL.format(bits=word, magnitude=magnitude, infinity=infinity)
        assert f"device const {word}* data" in text and f"magnitude > {infinity}u" in text and "isnan" not in text
    assert bool((count_bits(torch.tensor([1.0]), False)[:3] == 0).all())
