"""For tests only: an op that returns a NaN or a wrong number, to see that it is found. Nothing is here unless a test puts it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable

import torch

from .ops import tensors_in

FAULTS: list[Callable[[str, str, str, Any, list[tuple[str, torch.Tensor]]], None]] = []


@dataclass
class InjectedFault:
    """Writes `value` into one element of what the n-th call of a phase gives. Use it in a `with`."""

    phase: str
    nth: int
    value: float = math.nan
    element: float = 0.5
    """Which element, as a share of all."""

    def __post_init__(self) -> None:
        self.seen = 0
        self.hit: tuple[str, str, str] | None = None
        """Phase, path and kernel of the op that was patched."""

    def __call__(self, kernel: str, phase: str, path: str, result: Any, written: list[tuple[str, torch.Tensor]]) -> None:
        outputs = [tensor for tensor in (*tensors_in(result), *(tensor for _, tensor in written)) if tensor.is_floating_point() and tensor.numel() > 0]
        if phase != self.phase or not outputs or kernel.startswith(("empty", "new_empty")):
            return
        self.seen += 1
        if self.seen - 1 != self.nth:
            return
        tensor = outputs[0]
        place = min(tensor.numel() - 1, int(self.element * tensor.numel()))
        index = tuple(int(part) for part in torch.unravel_index(torch.tensor(place), tensor.shape))
        with torch.no_grad():
            tensor[index] = self.value
        self.hit = (phase, path, kernel)

    def __enter__(self) -> InjectedFault:
        FAULTS.append(self)
        return self

    def __exit__(self, *_: Any) -> None:
        FAULTS.remove(self)
