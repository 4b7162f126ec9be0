"""Tracing by level - nothing, a look at the loss with a traced replay on a hit, or every op - and what is kept of it."""

from __future__ import annotations

import math
import struct
from typing import Any, Callable, Optional

import torch

from .folder import Folder, to_lines
from .inputs import Batch
from .score import Compute, Observe, Scores
from .summary import Summary
from .tap import Tap
from .traced_ops import Taken

MOST_WRITTEN = 32
MOST_REPLAYS = 4
MORE_RUNS = 3


class TraceBook:
    """A summary of the batch that tells most - the first with an origin, else the first -, health.jsonl, and the last whole traces."""

    def __init__(self, level: str, folder: Folder, source: dict[str, Any], keep: int) -> None:
        self._folder, self._source, self._keep = folder, source, keep
        self._last: list[Summary] = []
        self.record: dict[str, Any] = {"level": level, "ops": 0, "batchesTraced": 0, "events": [], "eventsCut": 0, "spread": [], "kills": [], "observer": "unchecked"}

    @property
    def searching(self) -> bool:
        return "origin" not in self.record

    def add(self, summary: Summary) -> Optional[dict[str, Any]]:
        """Returns the origin, where this batch is the first that has one."""
        done = self.record["batchesTraced"]
        cascade = summary.cascade() if self.searching else {}
        found = cascade.get("origin")
        if found or (cascade and done == 0):
            told = {name: self.record[name] for name in ("observer", "observed", "gate") if name in self.record}
            self.record = {**cascade, **told, "level": self.record["level"]}
        whole = done == 0
        if found:
            traces = [*self._last, summary]
            self._last = []
            for each in traces:
                lines = to_lines(each.lines(self._source, whole=True))
                self._folder.append_text("hit.jsonl", lines)
            self.record["hit"] = {"file": "hit.jsonl", "batches": [each.batch for each in traces]}
        if not found or not whole:  # Else those are its lines.
            limit = {} if found or done < MOST_WRITTEN else {"limit": 0}
            lines = to_lines(summary.lines(self._source, whole=whole, **limit))
        self._folder.append_text("health.jsonl", lines)
        self.record["batchesTraced"] = done + 1
        if self.searching and self._keep > 0:
            self._last = [*self._last, summary][-self._keep :]
        return found


Score = Callable[[Optional[Observe]], Scores]


class LaneTracer:
    """Of a lane that evaluates. At `off` and `gate` nothing is installed."""

    def __init__(self, model: torch.nn.Module, level: str, folder: Folder, device: torch.device, keep: int = 3) -> None:
        self._model, self._level, self._device = model, level, device
        self.traces = level in ("health", "full")
        """Every batch."""
        self._tap = Tap(model, device, level == "full") if level != "off" else None
        method = self._tap.counter.method if self._tap else "none"
        self._book = TraceBook(level, folder, {"backend": f"torch-{device.type}", "strictNumerics": True, "method": method}, keep)
        if not self.traces:
            self._book.record.update(observer="nothing wrapped", observed="no dispatch mode and no hook is installed")

    @property
    def record(self) -> dict[str, Any]:
        return self._book.record

    def _run(self, compute: Compute, explain: Optional[str] = None) -> tuple[Any, Taken, dict[str, int]]:
        # One tap for all batches: a weight that nothing wrote to is counted once.
        assert self._tap is not None
        self._tap.recorder.explain = explain
        try:
            with self._tap:
                result = compute(self._tap)
            layers = self._tap.layers
            return result, self._tap.take(), layers
        finally:
            self._tap.phase = None

    def traced(self, batch: Batch, compute: Compute) -> Any:
        """Runs it under taps, and books what they saw; an origin that only gradients have is found in a backward pass."""
        result, taken, layers = self._run(compute)
        level = "health" if self._level == "gate" else self._level
        summary = Summary(taken, layers, batch=batch.index, level=level, mask=batch.attention_mask)
        if self._book.searching:
            self._look_closer(summary, compute)
        self._book.add(summary)
        return result

    def _look_closer(self, summary: Summary, compute: Compute) -> None:
        """On an accelerator: the batch once more, for what went into the op of the origin."""
        origin = summary.judge.origin()
        if origin is None or self._device.type == "cpu":
            return
        op = summary.taken.ops[origin.index]
        again = next((each for each in self._run(compute, explain=op.key)[1].ops if each.key == op.key), None)
        if again is not None:
            op.explained, op.magnitudes = again.explained, again.magnitudes

    def evaluate(self, score: Score, index: int) -> Scores:
        """One batch, observed as the level says. `score` computes it, under what it is given."""
        if self.traces:
            return score(self.traced)
        scores = score(None)
        if self._level == "gate" and not scores.finite:
            self._replay(score, index)
        return scores

    def _replay(self, score: Score, index: int) -> None:
        """The batch again, under taps; an evaluation draws nothing at random."""
        gate = self.record.get("gate", {"replays": [], "notReplayed": 0})
        if len(gate["replays"]) >= MOST_REPLAYS:
            self.record["gate"] = {**gate, "notReplayed": gate["notReplayed"] + 1}
            return
        plain, traced = [False], [score(self.traced).finite]
        if traced[0]:
            for _ in range(MORE_RUNS):
                plain.append(score(None).finite)
                traced.append(score(self.traced).finite)
        outcome = "flaky"
        if not any(plain):
            outcome = "vanishes" if all(traced) else "reproduced" if not any(traced) else "flaky"
        runs = {name: {"runs": len(each), "nonFinite": each.count(False)} for name, each in (("plain", plain), ("traced", traced))}
        self.record["gate"] = {**gate, "replays": [*gate["replays"], {"batch": index, "outcome": outcome, **runs}]}

    def observe(self, score: Callable[[Optional[Observe]], list[float]]) -> None:
        """Whether looking changed what was seen: the bits of the losses of a batch, with and without taps."""
        if not self.traces:
            return
        plain, traced = score(None), score(lambda _batch, compute: self._run(compute)[0])
        same = [_bits(loss) for loss in plain] == [_bits(loss) for loss in traced]
        self.record.update(observer="unchanged" if same else "changed", observed=f"the bits of {len(plain)} losses of the first batch, with and without taps")


def _bits(value: float) -> bytes:
    return b"nan" if math.isnan(value) else struct.pack("<d", value)
