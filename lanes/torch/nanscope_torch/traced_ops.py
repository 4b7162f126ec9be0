"""What a trace keeps of a batch: its ops, what came into them from outside, and what a GradScaler had to do with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional, Union

from .health import Measurement

Reference = Union[int, str]
"""Where an input comes from: the place of an op in the list, or the name of what came from outside."""


@dataclass
class Op:
    """One output of one call. Its place in the list is what others refer to."""

    key: str
    phase: str
    path: str
    kernel: str
    call: int
    output: int
    shape: list[int]
    dtype: str
    inputs: list[tuple[str, Reference]]
    measurement: Optional[Measurement] = None
    rows: Optional[str] = None
    benign: Optional[str] = None
    """Why whatever this output holds is no fault: a rule of `ops.py`."""
    asked_for: Optional[float] = None
    """A constant among the arguments that is not finite."""
    magnitudes: Optional[list[Optional[float]]] = None
    """Of a first fault, where its inputs could still be looked at: their largest magnitudes."""
    explained: Optional[tuple[str, str]] = None
    """Mechanism and evidence, from a replay of the op on its own inputs."""

    @property
    def health(self) -> Optional[dict[str, Any]]:
        return self.measurement.health if self.measurement else None

    def record(self) -> dict[str, Any]:
        """As an op line of health.jsonl has it."""
        inputs = [{"name": name, "record" if isinstance(ref, int) else "external": ref} for name, ref in self.inputs]
        line = {
            "key": self.key, "phase": self.phase, "path": self.path, "kernel": self.kernel, "call": self.call, "output": self.output,
            "shape": self.shape, "dtype": self.dtype, "inputs": inputs,
        }  # fmt: skip
        if self.health:
            line["health"] = self.health
        if self.rows is not None:
            line["rows"] = self.rows
        return line


@dataclass
class External:
    """What came into a batch from outside of its ops: an input, a weight, a gradient that was there before."""

    shape: list[int]
    dtype: str
    measurement: Optional[Measurement]


@dataclass
class Taken:
    """A batch, as the recorder gives it away."""

    ops: list[Op] = field(default_factory=list)
    externals: dict[str, External] = field(default_factory=dict)
    bytes_read: int = 0
    scaled: bool = False
    """Whether a GradScaler multiplied the loss by more than 1."""
    by_scaler: set[int] = field(default_factory=set)
    """The places of the ops that ran inside a GradScaler's `scale` and `step`."""
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By key the op and the arguments of calls in which something may be born; none unless `keep_calls`."""
