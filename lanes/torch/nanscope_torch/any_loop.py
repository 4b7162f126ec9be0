"""`with trace(model, out='runs/mine'):` around any loop: what it computes stays the same, bit for bit, and a run folder tells what was seen."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Optional

import torch

from .errors import NonFiniteFound, first_line
from .folder import Folder
from .lane_record import SCHEMA_VERSION, LaneRecord, decision_record
from .model import model_record
from .summary import Summary
from .tap import Tap, paused
from .trace_lane import TraceBook

CALL = "origin.pt"
"""The op of the origin and what went into it, for `nanscope reduce`: at most 256 MiB."""
SOURCE = "a loop of the user's"
COMMAND = "nanscope_torch.trace"
FILES = ("health.jsonl", "hit.jsonl", CALL)


def _keywords() -> dict[str, Any]:
    """What the module that is entered was given by name, which global hooks are not told. A hook of its own would go along where the model is copied or saved."""
    frame: Optional[FrameType] = sys._getframe(1)
    while frame is not None and frame.f_code is not torch.nn.Module._call_impl.__code__:
        frame = frame.f_back
    return frame.f_locals.get("kwargs", {}) if frame else {}


class trace:
    """
    Traces every ATen op while it is open: forward, loss, backward, optimizer. A step begins when the model is called after it
    was called before, or where `step()` says so. `nanscope report OUT` reads the folder.

    model: the module that is called in the loop; its modules' names are the paths in the trace.
    out: a folder, made where it is missing. What an earlier trace left in it is replaced.
    raise_on: 'nan' raises `NonFiniteFound` after the first step with an origin; None only records.
    level: 'health' counts non-finite elements, 'full' measures magnitudes as well.
    keep: whole traces of the steps before the origin that are written.
    """

    _open = False

    def __init__(self, model: torch.nn.Module, out: str | Path, *, raise_on: Optional[str] = None, level: str = "health", keep: int = 3, name: Optional[str] = None) -> None:
        if not isinstance(model, torch.nn.Module):
            raise TypeError(f"model: expected a torch.nn.Module, found {type(model).__name__}")
        if raise_on not in (None, "nan"):
            raise ValueError(f"raise_on: expected None or 'nan', found {raise_on!r}")
        if level not in ("health", "full"):
            raise ValueError(f"level: expected 'health' or 'full', found {level!r}")
        self._model, self._out, self._raise, self._level, self._keep = model, Path(out), raise_on, level, keep
        self._name = name or type(model).__name__
        parameter = next(model.parameters(), None)
        self._device = parameter.device if parameter is not None else torch.device("cpu")
        self._dtype = str(parameter.dtype).replace("torch.", "") if parameter is not None else "float32"

    @property
    def cascade(self) -> dict[str, Any]:
        """What is known so far, as the record has it: `origin` where something was born."""
        return self._book.record

    def __enter__(self) -> trace:
        if trace._open:
            raise RuntimeError(f"{COMMAND}: expected no other trace to be open, found one. Close it first.")
        earlier = self._out / "run.json"
        if earlier.is_file() and COMMAND not in earlier.read_text(encoding="utf-8"):
            raise ValueError(f"out: expected a new folder or that of an earlier trace, found another run in {self._out}. Name another folder.")
        self._steps = 0
        self._called = self._entered = False
        folder = self._folder = Folder(self._out / "target", FILES)
        attention = getattr(getattr(self._model, "config", None), "_attn_implementation", None)
        # What a loop computes with is its own business: anything but eager is shown as sdpa.
        attn = "eager" if attention == "eager" else "sdpa"
        self._record = LaneRecord(
            folder, role="target", model=model_record(self._model, self._name), dtype=self._dtype, stored_as=[],
            config={"model": self._name, "attn": attention or "its own", "trace": self._level},
            decision={**decision_record(str(self._device), str(self._device), SOURCE, "the model is there", attn), "torch": {"python": sys.executable, "device": str(self._device)}},
            source=SOURCE, head={},
        )  # fmt: skip
        if any(type(module).__name__ == "OptimizedModule" or module._compiled_call_impl is not None for module in self._model.modules()):
            self._note("compiled by torch.compile, whose kernels are not seen: today's PyTorch runs it op by op while it is traced, and that may give other numbers")
        self._tap = Tap(self._model, self._device, self._level == "full")
        self._tap.recorder.keep_calls = self._tap.lenient = True
        source = {"backend": f"torch-{self._device.type}", "strictNumerics": True, "method": self._tap.counter.method}
        self._book = TraceBook(self._level, folder, source, self._keep)
        self._tap.on_root, self._tap.on_full = self._root, self.step
        self._mask: Optional[torch.Tensor] = None
        self._tap.__enter__()
        trace._open = True
        return self

    def _root(self, entered: bool) -> None:
        if not entered:
            self._called = True
            return
        self._entered = True
        if self._called:
            self.step()
        self._see_mask(_keywords().get("attention_mask"))

    def _see_mask(self, mask: Any) -> None:
        """Which positions are padding, where the model is told by a mask of the usual forms; what the last query sees, in one of [B,1,T,S]."""
        self._mask = None
        if isinstance(mask, torch.Tensor) and mask.dim() in (2, 4):
            with paused():
                seen = mask.detach() if mask.dim() == 2 else mask.detach()[:, 0, -1, :]
                self._mask = seen == 0 if seen.is_floating_point() and mask.dim() == 4 else seen != 0

    def step(self) -> None:
        """Ends the step here: what was seen since the last one is read back, judged and written."""
        self._called = False
        layers = self._tap.layers
        taken = self._tap.take()
        if not taken.ops:
            return
        with paused():  # What reads the mask is no op of the loop.
            mask = self._mask.cpu().long() if self._mask is not None else None
            summary = Summary(taken, layers, batch=self._steps, level=self._level, mask=mask)
            self._book.add(summary)
        self._steps += 1
        self._record.update(cascade=self._book.record)
        origin = self._book.record.get("origin")
        if origin:
            self._keep_call(summary, origin["key"])
        if origin and self._raise:
            raise NonFiniteFound(f"step {origin['batch']}: {origin['kind']} is born in {origin['key']}: {origin['mechanism']['name']}, {origin['mechanism']['evidence']}")

    def _keep_call(self, summary: Summary, key: str) -> None:
        """Of the step of the origin; where counts came too late for that, of a later one in which the same op fails again."""
        path = self._folder.path / CALL
        if key in summary.taken.calls and summary.judge.born(key) and not path.exists():
            try:
                with paused():
                    torch.save(summary.taken.calls[key], path)
            except (OSError, RuntimeError) as error:
                path.unlink(missing_ok=True)
                self._note(f"the call in which it is born could not be kept: {first_line(error)}")
        recorder = self._tap.recorder
        recorder.keep_calls = not path.exists()
        recorder.explain = key if recorder.keep_calls else None

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], _trace: Optional[TracebackType]) -> None:
        self._tap.on_root = self._tap.on_full = None
        try:
            if not isinstance(error, NonFiniteFound):
                self._raise = self._raise if error is None else None
                self.step()
        except NonFiniteFound as found:
            error = found
            raise
        finally:
            trace._open = False
            self._tap.__exit__()
            if self._tap.unseen:
                self._note("the model ran in another thread as well, of which nothing is seen")
            for op, reason in self._tap.unknown.items():
                self._note(f"{op} could not be looked at: {reason}")
            if not self._entered:
                self._note("the model that was handed to trace was never called (its forward alone does not count): what ran is one step, or those of step()")
            failure = None if error is None or isinstance(error, NonFiniteFound) else f"{type(error).__name__}: {first_line(error)}"
            self._record.end("interrupted" if isinstance(error, KeyboardInterrupt) else "failed" if failure else "complete", failure, cascade=self._book.record)
            self._write_result()

    def _note(self, text: str) -> None:
        """What a reader of the report has to know, and whoever runs the loop."""
        self._record.record["modelFacts"]["notes"].append({"about": "settings", "text": text})
        warnings.warn(f"{COMMAND}: {text}", stacklevel=3)

    def _write_result(self) -> None:
        origin = self._book.record.get("origin")
        if origin:
            sentence = f"{'A NaN' if origin['kind'] == 'NaN' else 'An infinity'} is born in {origin['key']}: {origin['mechanism']['name']}."
            alone = f"nanscope reduce {self._out} makes a script of it" if (self._folder.path / CALL).exists() else "Mend what the mechanism names"
            following = f"{alone}; hit.jsonl has the whole trace of that step."
        else:
            sentence = f"No op made an unintended NaN or infinity in {self._steps} step{'' if self._steps == 1 else 's'}."
            following = "Trace the same loop on another device, and compare the two folders."
        Folder(self._out).write("run.json", {
            "schemaVersion": SCHEMA_VERSION, "kind": "eval", "command": f"{COMMAND}({self._name})", "folder": str(self._out), "target": self._record.record,
            "verdict": {"code": "no-reference", "exitCode": 1 if origin else 0, "sentence": sentence, "next": following},
        })  # fmt: skip
