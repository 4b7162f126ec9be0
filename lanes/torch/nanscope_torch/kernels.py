"""The fused counters of accelerators: one kernel a tensor, one row of the buffer. Each falls back to torch ops, and its label says so."""

from __future__ import annotations

from typing import Any, Callable, Optional

import torch

# dtype: integer view, magnitude bits, bits of infinity, bits of the smallest normal number
LAYOUTS: dict[torch.dtype, tuple[torch.dtype, int, int, int]] = {
    torch.float32: (torch.int32, 0x7FFFFFFF, 0x7F800000, 0x00800000),
    torch.float64: (torch.int64, 0x7FFFFFFFFFFFFFFF, 0x7FF0000000000000, 0x0010000000000000),
    torch.float16: (torch.int16, 0x7FFF, 0x7C00, 0x0400),
    torch.bfloat16: (torch.int16, 0x7FFF, 0x7F80, 0x0080),
}

Kernel = Callable[[torch.Tensor, torch.Tensor], bool]
"""Counts a tensor into a row of int64 [COLUMNS]; False where it cannot, and torch ops have to."""
COMPOSED = "bits on the device, composed of torch ops"

# Metal: `as_type` looks at the bits, which fast math cannot assume away. Rows are uint32 [5]: nan, +inf, -inf, first NaN, first infinity.
METAL = """
#include <metal_stdlib>
using namespace metal;
kernel void count(device const {bits}* data, device atomic_uint* row, constant uint& size, uint at [[thread_position_in_grid]]) {{
  if (at >= size) return;
  uint raw = uint(data[at]);
  uint magnitude = raw & {magnitude}u;
  if (magnitude < {infinity}u) return;
  if (magnitude > {infinity}u) {{
    atomic_fetch_add_explicit(&row[0], 1u, memory_order_relaxed);
    atomic_fetch_min_explicit(&row[3], at, memory_order_relaxed);
  }} else {{
    atomic_fetch_add_explicit(&row[raw == magnitude ? 1 : 2], 1u, memory_order_relaxed);
    atomic_fetch_min_explicit(&row[4], at, memory_order_relaxed);
  }}
}}
"""
NO_PLACE = 2**32 - 1


def fused_counter(device: torch.device, full: bool) -> tuple[Optional[Kernel], str]:
    """The kernel for a device, and how the record calls it; None where torch ops do it. Magnitudes are torch ops everywhere."""
    if full:
        return None, COMPOSED
    try:
        if device.type == "cuda":
            return triton_counter(), "bits on the device, a Triton kernel"
        if device.type == "mps":
            return metal_counter(), "bits on the device, a Metal kernel"
    except Exception as error:  # No compiler, or one that refuses: the counts are the same, only slower.
        return None, f"{COMPOSED}: {type(error).__name__} where a kernel was to be made"
    return None, COMPOSED


def triton_counter() -> Kernel:
    import triton
    import triton.language as tl

    @triton.jit
    def count(data: Any, row: Any, size: Any, MAGNITUDE: tl.constexpr, INFINITY: tl.constexpr, BLOCK: tl.constexpr) -> None:
        at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
        raw = tl.load(data + at, mask=at < size, other=0)
        magnitude = raw & MAGNITUDE
        nan = magnitude > INFINITY
        infinite = magnitude == INFINITY
        nans = tl.sum(nan.to(tl.int64), 0)
        infinities = tl.sum(infinite.to(tl.int64), 0)
        if nans > 0:
            tl.atomic_add(row + 0, nans)
            tl.atomic_min(row + 3, tl.min(tl.where(nan, at, 9223372036854775807), 0))
        if infinities > 0:
            negative = tl.sum((infinite & (raw < 0)).to(tl.int64), 0)
            tl.atomic_add(row + 1, infinities - negative)
            tl.atomic_add(row + 2, negative)
            tl.atomic_min(row + 4, tl.min(tl.where(infinite, at, 9223372036854775807), 0))

    def measure(tensor: torch.Tensor, row: torch.Tensor) -> bool:
        view, magnitude, infinity, _ = LAYOUTS[tensor.dtype]
        data = tensor.detach().contiguous().reshape(-1).view(view)
        found = torch.zeros(5, dtype=torch.int64, device=tensor.device)
        found[3:] = 2**63 - 1
        block = 1024
        count[(triton.cdiv(data.numel(), block),)](data, found, data.numel(), MAGNITUDE=magnitude, INFINITY=infinity, BLOCK=block)
        row[:5] = torch.where(found == 2**63 - 1, -1, found)
        return True

    return measure


def metal_counter() -> Kernel:
    words = {torch.int32: "uint", torch.int16: "ushort"}
    libraries: dict[torch.dtype, Any] = {}
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        view, magnitude, infinity, _ = LAYOUTS[dtype]
        libraries[dtype] = torch.mps.compile_shader(METAL.format(bits=words[view], magnitude=magnitude, infinity=infinity))

    def measure(tensor: torch.Tensor, row: torch.Tensor) -> bool:
        if tensor.dtype not in libraries or tensor.numel() > NO_PLACE:
            return False
        data = tensor.detach().contiguous().reshape(-1)
        found = torch.tensor([0, 0, 0, -1, -1], dtype=torch.int32, device=tensor.device)
        libraries[tensor.dtype].count(data, found, data.numel(), threads=data.numel())
        row[:5] = found.to(torch.int64)
        return True

    return measure
