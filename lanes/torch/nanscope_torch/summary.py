"""From one traced batch to the cascade of a lane's record: events, origin, spread, kills, picture, warning; and to its lines in health.jsonl."""

from __future__ import annotations

from typing import Any, Optional

import torch

from .judge import Judge, counts_of
from .mechanism import SOFTMAX
from .ops import ATTENTION
from .traced_ops import Op, Taken

MOST_EVENTS = 400
MOST_LINES = 5000


class Summary:
    """@param mask int64 [B,T], 1 where a position holds a token; absent in a loop that is not ours"""

    def __init__(self, taken: Taken, layers: dict[str, int], *, batch: int, level: str, mask: Optional[torch.Tensor] = None) -> None:
        self.taken, self.judge, self.batch, self._level, self._mask = taken, Judge(taken), batch, level, mask
        self._layers = layers
        marked = [taken.ops[index] for index in layers.values()]
        self._grid = tuple(mask.shape) if mask is not None else tuple(marked[0].shape[:2]) if marked and len(marked[0].shape) == 3 else (0, 0)
        """B and T; 0 where nothing says so."""

    def cascade(self) -> dict[str, Any]:
        events = [self._event(op, index) for index, op in enumerate(self.taken.ops) if self.judge.judgements[index].kind != "clean"]
        record: dict[str, Any] = {
            "level": self._level, "ops": len(self.taken.ops), "batchesTraced": 1, "events": events[:MOST_EVENTS], "eventsCut": max(0, len(events) - MOST_EVENTS),
            "spread": self._spread(), "kills": [event["key"] for event in events if event["class"] == "kill" and "benign" not in event], "observer": "unchecked",
        }  # fmt: skip
        origin = self._origin()
        if origin:
            record["origin"] = origin
        picture = self._picture()
        if picture:
            record["picture"] = picture
        if self._mask is not None:
            record["warning"] = {"batch": self.batch, "rowsWithoutKey": int((self._mask.cumsum(1) == 0).sum()), "taps": 0, "beyondF16": 0, "headroom": []}
        return record

    def _event(self, op: Op, index: int) -> dict[str, Any]:
        judgement, counts = self.judge.judgements[index], counts_of(op.health)
        event = {"batch": self.batch, "key": op.key, "phase": op.phase, "path": op.path, "kernel": op.kernel, "class": judgement.kind, "shape": op.shape, **dict(zip(("nan", "posInf", "negInf"), counts))}
        if judgement.ended:
            event["ended"] = judgement.ended
        if judgement.benign is not None:
            event["benign"] = judgement.benign
        return event

    def _turn(self, index: int, kind: str) -> dict[str, Any]:
        op = self.taken.ops[index]
        assert op.health is not None
        coordinates, names = self._coordinates(op, op.health["firstNaN" if kind == "NaN" else "firstInf"])
        return {"key": op.key, "coordinates": coordinates, "coordinateNames": names, "mechanism": self.judge.mechanism(index).record()}

    def _origin(self) -> Optional[dict[str, Any]]:
        origin = self.judge.origin()
        if origin is None:
            return None
        record = {**self._turn(origin.index, origin.kind), "kind": origin.kind, "batch": self.batch}
        if origin.became_nan is not None:
            record["becameNaN"] = self._turn(origin.became_nan, "NaN")
        return record

    def _coordinates(self, op: Op, flat: int) -> tuple[list[int], list[str]]:
        """[B*T,C] is read as [B,T,C] where the mask's shape explains it."""
        shape = list(op.shape)
        names = [f"dimension {axis}" for axis in range(len(shape))]
        rows, length = self._grid
        base = op.kernel.split(".")[0]
        if op.phase in ("forward", "loss", "metrics") and len(shape) > 1:
            last = "token" if op.path == "lm_head" or op.phase != "forward" else "channel"
            if len(shape) == 4:
                keys = base not in ATTENTION and (base in SOFTMAX or shape[-1] == shape[-2] == length)
                names = ["batch", "head", "query", "key" if keys else "channel"]
            elif len(shape) == 3 and shape[0] in (rows, 1):
                names = ["batch", "position", last]
            elif len(shape) == 3 and length and shape[1:] == [length, length]:
                names = ["row", "query", "key"]
            elif len(shape) == 2 and rows and shape[0] == rows * length:
                shape, names = [rows, length, shape[1]], ["batch", "position", last]
            elif len(shape) == 2 and shape == [rows, length]:
                names = ["batch", "position"]
            elif len(shape) == 2:
                names = ["row", last]
        coordinates: list[int] = []
        for size in reversed(shape):
            coordinates.insert(0, flat % size)
            flat //= size
        return coordinates, names

    def _rows(self, letters: str) -> list[str]:
        rows = self._grid[0] or 1
        length = len(letters) // rows
        return [letters[row * length : (row + 1) * length] for row in range(rows)]

    def _picture(self) -> Optional[dict[str, Any]]:
        if not self._layers or not self._grid[0]:
            return None
        cells = [self._rows(self.taken.ops[index].rows or "") for index in self._layers.values()]
        padding = []
        for row in self._mask.tolist() if self._mask is not None else [[1]] * self._grid[0]:
            left = row.index(1) if 1 in row else len(row)
            padding.append({"left": left, "right": row[::-1].index(1) if 1 in row else 0})
        return {"layers": list(self._layers), "cells": [[layer[row] for layer in cells] for row in range(len(padding))], "padding": padding}

    def _spread(self) -> list[dict[str, Any]]:
        """At each layer the positions that were finite before and are not now, and the first op of the layer that brought it in."""
        steps: list[dict[str, Any]] = []
        before: dict[int, str] = {}
        begin = 0
        for layer, index in self._layers.items():
            for row, cells in enumerate(self._rows(self.taken.ops[index].rows or "")):
                if cells.strip(".") == "" or cells == before.get(row):
                    before[row] = cells
                    continue
                source = next((each for each in range(begin, index + 1) if self.judge._brings_in(each)), None)
                earlier = before.get(row, "").strip(".") != ""
                why = "inherited through attention: earlier keys and values hold it" if earlier or source is None else f"{self.judge.mechanism(source).name}: {self.judge.mechanism(source).evidence}"
                start = None
                for position, cell in enumerate(cells + "."):
                    if cell != "." and start is None:
                        start = position
                    elif cell == "." and start is not None:
                        steps.append({"layer": layer, "row": row, "from": start, "to": position - 1, "why": why})
                        start = None
                before[row] = cells
            begin = index + 1
        return steps

    def lines(self, source: dict[str, Any], *, whole: bool, limit: int = MOST_LINES) -> list[dict[str, Any]]:
        """A header, then the ops; unless `whole` those that are not clean, what feeds them, and the picture of a poisoned batch."""
        ops, judgements = self.taken.ops, self.judge.judgements
        poisoned = any(one.kind != "clean" and one.benign is None for one in judgements)
        wanted: set[int] = set()
        for index, op in enumerate(ops):
            if whole or judgements[index].kind != "clean":
                wanted.add(index)
                wanted.update(ref for _, ref in op.inputs if isinstance(ref, int))
            elif poisoned and op.rows is not None:
                wanted.add(index)
        kept = sorted(wanted)[:limit]
        place = {index: line for line, index in enumerate(kept)}
        used: dict[str, Any] = {}
        lines: list[dict[str, Any]] = []
        for index in kept:
            line = ops[index].record()
            inputs = []
            for given in line["inputs"]:
                if "external" in given:
                    external = self.taken.externals[given["external"]]
                    health = external.measurement.health if external.measurement else None
                    used[given["external"]] = {"shape": external.shape, "dtype": external.dtype, **({"health": health} if health else {})}
                    inputs.append(given)
                elif given["record"] in place:
                    inputs.append({**given, "record": place[given["record"]]})
            lines.append({"type": "op", **line, "inputs": inputs})
        header = {
            "type": "batch", "batch": self.batch, "level": self._level, "source": source, "bytesRead": self.taken.bytes_read, "externals": used,
            "lines": len(kept), "ops": len(ops), **({"partial": True} if len(kept) < len(ops) else {}), **({"cut": len(wanted) - len(kept)} if len(wanted) > len(kept) else {}),
        }  # fmt: skip
        return [header, *lines]
