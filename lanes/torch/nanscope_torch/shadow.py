"""The `shadow` task: one batch is run with every call kept (calls.py), then questions about it are answered, until the parent says stop."""

from __future__ import annotations

import hashlib
import json
import math
import sys
import threading
from typing import Any, Callable

import torch
from torch.utils._pytree import tree_map_only

from . import PROTOCOL, __version__
from .ask import dtype_of, from_wire, to_array, to_wire
from .calls import Call, Calls, Unit
from .errors import LaneFailure, Refused, UserError, first_line
from .evaluate import open_batch
from .folder import Channel
from .model import widened
from .ops import ATTENTION
from .score import score, under
from .tap import Tap
from .versions import versions

SAMPLED = 64
"""Elements of an output in a digest."""
MOST_BYTES = 64 * 2**20
"""Of one question: what goes in and comes out."""
MOST_READ = 2**22
"""Elements of a tensor that is compared as a whole."""


def same_as(tensor: torch.Tensor) -> str:
    """Equal for equal numbers; empty for what is the same everywhere in it, or too large to be read for this."""
    flat = tensor.detach().reshape(-1)
    if not 1 < flat.numel() <= MOST_READ or bool((flat == flat[0]).all()):
        return ""
    wide = (widened(flat) if tensor.is_floating_point() else flat.long()).cpu()
    return hashlib.blake2b(wide.numpy().tobytes(), digest_size=12).hexdigest()


def samples(tensor: torch.Tensor) -> torch.Tensor:
    """Evenly spread, first and last included; none of what holds whole numbers."""
    if not tensor.is_floating_point():
        return torch.empty(0)
    flat, size = tensor.detach().reshape(-1), tensor.numel()
    places = torch.arange(size) if size <= SAMPLED else torch.arange(SAMPLED) * (size - 1) // (SAMPLED - 1)
    return flat[places.to(flat.device)]


def _place(name: str) -> dict[str, Any]:
    key, _, output = name.rpartition(":")
    stem, _, call = key.rpartition("#")
    phase, *path, kernel = stem.split("/")
    return {"key": name, "phase": phase, "path": "/".join(path), "kernel": kernel, "call": int(call), "output": int(output)}


class Answers:
    def __init__(self, evaluate: Callable[[], list[float]], calls: Calls) -> None:
        self._evaluate, self._calls = evaluate, calls
        self._units: dict[str, Unit] = {}

    def evaluate(self, ask: dict[str, Any]) -> Any:
        return [to_array("f8", torch.tensor(self._evaluate(), dtype=torch.float64)) for _ in range(ask["times"])]

    def digest(self, _ask: dict[str, Any]) -> Any:
        return [
            {**_place(name), "size": tensor.numel(), "samples": to_array("f8" if dtype_of(tensor) == "float64" else "f4", samples(tensor)), "same": same_as(tensor)}
            for name, tensor in self._calls.records()
        ]

    def capture(self, ask: dict[str, Any]) -> Any:
        shared = frozenset(ask["shared"])
        return [self._captured(key, shared) for key in ask["calls"]]

    def _captured(self, key: str, shared: frozenset[str]) -> dict[str, Any]:
        try:
            unit = self._units[key] = self._calls.unit(key, shared)
            end = self._calls.all[unit.end]
            outputs = [end.made(output) for output in end.read]
            size = sum(tensor.numel() * (8 if dtype_of(tensor) == "float64" else 4) for tensor in (*unit.leaves.values(), *outputs))
            if size > MOST_BYTES:
                raise Refused(f"its inputs and outputs are {size / 2**20:.1f} MiB, above the bound of {MOST_BYTES // 2**20} MiB for one op")
            inputs = [
                {"name": name, "from": {"record" if name in shared else "external": name}, **to_wire(tensor)}
                for name, tensor in unit.leaves.items()
                if not name.startswith("constant#")
            ]
            ops = [[call.facts.name, _scalars(call)] for call in (self._calls.all[index] for index in unit.inside) if call.key]
            return {"key": key, "kernel": end.facts.name, "attrs": {"call": key}, "ops": ops, "inputs": inputs, "outputs": [to_wire(each) for each in outputs]}
        except Refused as refused:
            return {"key": key, "refused": str(refused)}

    def replay(self, ask: dict[str, Any]) -> Any:
        found = []
        for op in ask["ops"]:
            unit = self._units[op["attrs"]["call"]]
            outputs = self._calls.replay(unit, {given["name"]: from_wire(given) for given in op["inputs"]})
            found.append([to_wire(tensor) for tensor in outputs])
        return found


def _scalars(call: Call) -> str:
    """What goes in besides tensors and is not the default, as text to be held against that of the other lane."""
    defaults = {argument.name: argument.default_value for argument in call.func._schema.arguments if argument.has_default_value()}
    given = {**dict(zip(call.facts.arguments, call.args)), **call.kwargs}
    if call.facts.base in ATTENTION and math.isclose(given.get("scale") or 0.0, given["query"].shape[-1] ** -0.5):
        del given["scale"]
    plain = tree_map_only((torch.Tensor, torch.device), lambda one: type(one).__name__, given)
    said = [f"{name}={value}" for name, value in plain.items() if value not in ("Tensor", "device", None) and value != defaults.get(name)]
    return ", ".join(said) or "nothing but tensors"


def answer_questions(channel: Channel, answers: Answers) -> None:
    idle, over = threading.Event(), threading.Event()
    idle.set()

    def pulse() -> None:
        while not over.wait(2):
            if idle.is_set():
                channel.send("waiting")

    threading.Thread(target=pulse, daemon=True).start()
    channel.send("ready")
    try:
        while line := sys.stdin.readline():
            question = json.loads(line)
            if question["kind"] == "stop":
                return
            idle.clear()
            try:
                channel.send("answer", id=question["id"], answer=getattr(answers, question["name"])(question["ask"]))
            except (Refused, RuntimeError, MemoryError) as error:
                channel.send("refused", id=question["id"], reason=first_line(error))
            idle.set()
    finally:
        over.set()


def run_shadow(task: dict[str, Any], channel: Channel) -> None:
    own = task.get("task") or {}
    index = own.pop("batch", None)
    if not isinstance(index, int):
        raise UserError("torch/protocol", f"the task: expected the index of a batch, found {index!r}.")
    loaded, batch = open_batch(task, index)
    channel.send("hello", protocol=PROTOCOL, version=__version__, **versions(), device=str(loaded.device), label=str(loaded.device))
    tap = Tap(loaded.model, loaded.device)
    calls = Calls(tap.recorder)
    tap.run = calls.run
    try:
        score(loaded, batch, under(tap))
    except Refused as refused:
        raise LaneFailure("torch/out-of-memory", str(refused)) from refused
    answer_questions(channel, Answers(lambda: score(loaded, batch).losses, calls))
