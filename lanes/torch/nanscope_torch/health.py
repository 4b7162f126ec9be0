"""How many elements of a tensor are NaN or infinite, by bits: no comparison that a compiler may assume away. One read-back a batch."""

from __future__ import annotations

import math
import struct
from typing import Any, Optional

import torch

from .kernels import LAYOUTS, fused_counter

COLUMNS = 11  # nan, posInf, negInf, firstNaN, firstInf, zero, subnormal, amax bits, finite elements, min and mean as bits of float32

EIGHTS = frozenset(getattr(torch, name) for name in dir(torch) if name.startswith("float8_"))
Health = dict[str, Any]


def clean(size: int) -> Health:
    return {"size": size, "nan": 0, "posInf": 0, "negInf": 0}


def memory_of(tensor: torch.Tensor) -> Optional[torch.Tensor]:
    """The same numbers as they lie in memory: the values of what is sparse or nested, pairs of what is complex. None where there is no memory to look at."""
    try:
        if tensor.is_nested or tensor.layout is not torch.strided:
            tensor = tensor._values() if tensor.layout is torch.sparse_coo else tensor.values()
        if tensor.is_complex():
            tensor = torch.view_as_real(tensor.conj() if tensor.is_conj() else tensor)
    except (RuntimeError, AttributeError):
        return None
    # Zeros that forward differentiation has without writing them down: reading them crashes.
    return None if tensor._is_zerotensor() else tensor


def has_health(tensor: torch.Tensor) -> bool:
    """Whether the dtype holds non-finite values and the memory can be looked at."""
    return (tensor.dtype in LAYOUTS or tensor.dtype in EIGHTS) and tensor.layout is torch.strided and tensor.device.type != "meta"


def widened(tensor: torch.Tensor) -> torch.Tensor:
    """Numbers of 8 bits as float32, which has all of them."""
    return tensor.detach().float() if tensor.dtype in EIGHTS else tensor


def count_bits(tensor: torch.Tensor, full: bool) -> torch.Tensor:
    """int64 [COLUMNS], made of torch ops on the tensor's own device. -1 where there is no first one."""
    view, magnitude, infinity, normal = LAYOUTS[tensor.dtype]
    raw = tensor.detach().contiguous().reshape(-1).view(view)
    size = raw & magnitude
    nan, infinite, negative = size > infinity, size == infinity, raw < 0

    def first(found: torch.Tensor) -> torch.Tensor:
        place = found.to(torch.uint8).argmax()
        return torch.where(found.any(), place, -1)

    counts = [nan.sum(), (infinite & ~negative).sum(), (infinite & negative).sum(), first(nan), first(infinite)]
    if full:
        finite = size < infinity
        values = tensor.detach().contiguous().reshape(-1).to(torch.float32)
        least = torch.where(finite, values, torch.inf).min()
        mean = torch.where(finite, values, 0.0).sum() / finite.sum()
        counts += [(size == 0).sum(), ((size > 0) & (size < normal)).sum(), torch.where(finite, size, 0).max().to(torch.int64), finite.sum()]
        counts += [figure.view(torch.int32).to(torch.int64) for figure in (least, mean)]
    return torch.stack([*counts, *[torch.zeros_like(counts[0])] * (COLUMNS - len(counts))])


def _float_of(bits: int, dtype: torch.dtype) -> float:
    if dtype is torch.float64:
        return struct.unpack("<d", struct.pack("<q", bits))[0]
    if dtype is torch.float16:
        return struct.unpack("<e", struct.pack("<H", bits))[0]
    return struct.unpack("<f", struct.pack("<I", bits << 16 if dtype is torch.bfloat16 else bits))[0]


def health_of(row: list[int], size: int, dtype: torch.dtype, full: bool) -> Health:
    nan, positive, negative, first_nan, first_inf, zero, subnormal, amax, finite, least, mean = row
    health: Health = {"size": size, "nan": nan, "posInf": positive, "negInf": negative}
    if first_nan >= 0:
        health["firstNaN"] = first_nan
    if first_inf >= 0:
        health["firstInf"] = first_inf
    if full:
        health.update(zero=zero, subnormal=subnormal)
        if finite:
            health["amax"] = _float_of(amax, dtype)
            figures = {"min": _float_of(least & 0xFFFFFFFF, torch.float32), "mean": _float_of(mean & 0xFFFFFFFF, torch.float32)}
            # A float64 beyond float32, or a sum that overflowed: there is no honest figure to give.
            health.update({name: figure for name, figure in figures.items() if math.isfinite(figure)})
    return health


class Measurement:
    """Of one tensor as it was; `health` is there at once on the host, else after the flush."""

    __slots__ = ("dtype", "health", "size")

    def __init__(self, size: int, dtype: torch.dtype, health: Optional[Health] = None) -> None:
        self.size, self.dtype, self.health = size, dtype, health

    @property
    def poisoned(self) -> bool:
        health = self.health
        return health is not None and health["nan"] + health["posInf"] + health["negInf"] > 0


class HostCounter:
    """
    On the cpu. A sum of the elements first: IEEE arithmetic cannot make a finite one where an element is not, so that a finite sum
    settles a tensor in one pass, and only one that is not finite (an overflow of the sum among them) is counted by bits.
    """

    immediate = True

    def __init__(self, full: bool) -> None:
        self.full = full
        self.method = "bits on the host" + ("" if full else ", behind a sum that is finite only where all elements are")

    def measure(self, tensor: torch.Tensor) -> Measurement:
        tensor = widened(tensor)
        size, dtype = tensor.numel(), tensor.dtype
        if size == 0 or not self.full:
            total = 0.0 if size == 0 else tensor.detach().sum(dtype=torch.float32 if tensor.itemsize == 2 else dtype).item()
            if math.isfinite(total):
                return Measurement(size, dtype, clean(size))
        return Measurement(size, dtype, health_of(count_bits(tensor, self.full).tolist(), size, dtype, self.full))

    def flush(self) -> int:
        return 0


class DeviceCounter:
    """On an accelerator: each tensor's counts are a row of one buffer there, read back once a batch."""

    immediate = False
    CAPACITY = 4096

    def __init__(self, full: bool, device: torch.device) -> None:
        self.full = full
        self._device = device
        self._kernel, self.method = fused_counter(device, full)
        self._buffers: list[torch.Tensor] = []
        self._waiting: list[Measurement] = []

    def measure(self, tensor: torch.Tensor) -> Measurement:
        tensor = widened(tensor)
        if tensor.numel() == 0:
            return Measurement(0, tensor.dtype, clean(0))
        measurement = Measurement(tensor.numel(), tensor.dtype)
        place = len(self._waiting) % self.CAPACITY
        if place == 0:
            self._buffers.append(torch.zeros(self.CAPACITY, COLUMNS, dtype=torch.int64, device=self._device))
        row = self._buffers[-1][place]
        if self._kernel is None or not self._kernel(tensor, row):
            row.copy_(count_bits(tensor, self.full))
        self._waiting.append(measurement)
        return measurement

    def flush(self) -> int:
        """Fills in what was measured since the last one. Returns the bytes that came back."""
        if not self._waiting:
            return 0
        rows = torch.cat(self._buffers)[: len(self._waiting)].cpu()
        for measurement, row in zip(self._waiting, rows.tolist()):
            measurement.health = health_of(row, measurement.size, measurement.dtype, self.full)
        self._buffers, self._waiting = [], []
        return rows.numel() * 8


def counter_for(device: torch.device, full: bool) -> HostCounter | DeviceCounter:
    return HostCounter(full) if device.type == "cpu" else DeviceCounter(full, device)


def row_bits(tensor: torch.Tensor) -> torch.Tensor:
    """Of each row, all dimensions but the last, the largest magnitude as bits; stays on the device."""
    view, magnitude, _, _ = LAYOUTS[tensor.dtype]
    return (tensor.detach().contiguous().view(view) & magnitude).reshape(-1, tensor.shape[-1]).amax(-1)


def row_letters(bits: torch.Tensor, dtype: torch.dtype) -> str:
    """One letter a row: `.` finite, `I` an infinity, `N` a NaN."""
    infinity = LAYOUTS[dtype][2]
    return "".join("N" if row > infinity else "I" if row == infinity else "." for row in bits.tolist())
