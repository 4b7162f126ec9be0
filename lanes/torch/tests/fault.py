"""An op that returns a NaN or a wrong number, to see that it is found: between what the op gives and the recorder that looks at it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable

import torch
from nanscope_torch.ops import OpFacts, outputs_of
from nanscope_torch.recorder import Recorder


@contextmanager
def faulty(fault: Callable[[str, str, str, list[torch.Tensor]], None]) -> Iterator[None]:
    """While open, `fault` is given kernel, phase, path and the tensors of each call, those that it wrote to among them, and may change them."""
    after = Recorder.after

    def spoiled(self: Recorder, facts: OpFacts, inputs: Any, args: Any, kwargs: Any, result: Any, phase: str, path: str) -> None:
        # A view computes nothing that could go wrong.
        if not facts.picks:
            fault(facts.name, phase, path, [output.tensor for output in outputs_of(facts, args, kwargs, result)])
        after(self, facts, inputs, args, kwargs, result, phase, path)

    Recorder.after = spoiled  # type: ignore[method-assign]
    try:
        yield
    finally:
        Recorder.after = after  # type: ignore[method-assign]


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

    def __call__(self, kernel: str, phase: str, path: str, tensors: list[torch.Tensor]) -> None:
        outputs = [tensor for tensor in tensors if tensor.is_floating_point() and tensor.numel() > 0]
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
        self._installed = faulty(self)
        self._installed.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._installed.__exit__(*error)
