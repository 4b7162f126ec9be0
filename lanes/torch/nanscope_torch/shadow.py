"""The `shadow` task: one batch is run with every call kept, then questions about it are answered, until the parent says stop.

What another lane computes by other calls (a fused kernel, another version of the model's code) is still one thing to compare: a record
that both lanes have, made of all calls back to the records that both have. The parent says which those are.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import sys
import threading
from dataclasses import dataclass, field
from typing import Any, Callable, Iterator, Optional, Union

import torch
from torch.utils._pytree import tree_map_only

from . import PROTOCOL, __version__
from .channel import Channel
from .errors import LaneFailure, UserError, first_line
from .evaluate import Watched, open_batch, score
from .ops import ATTENTION, SECOND_OUTPUTS, OpFacts, named_tensors, outputs_of, tensors_in
from .recorder import Place, Recorder, place_of
from .tap import Tap
from .versions import versions

SAMPLED = 64
"""Elements of an output in a digest."""
MOST_BYTES = 64 * 2**20
"""Of one question: what goes in and comes out."""
MOST_HELD = 4 * 2**30
"""Of a batch, with all that was computed on the way."""
MOST_CALLS = 400
MOST_READ = 2**22
"""Elements of a tensor that is compared as a whole."""
Made = tuple[int, int]
"""A call and one of its outputs, by their places."""
Source = Union[Made, str]
ARRAYS = {"f4": torch.float32, "i4": torch.int32, "u1": torch.uint8}


class Refused(Exception):
    """A question that has no answer, with the reason."""


@dataclass
class Call:
    func: Any
    facts: OpFacts
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    key: Optional[str]
    """Without an output; none where the call only looks at memory in another way."""
    sources: list[list[Source]]
    """Of each tensor that goes in; several where a part of its memory was written to since it was made."""
    written: frozenset[int] = frozenset()
    """Which of the tensors that go in are written to, by their places."""
    outputs: list[torch.Tensor] = field(default_factory=list)
    before: dict[int, torch.Tensor] = field(default_factory=dict)
    """Outputs as they were made, where a later call wrote over them."""

    def made(self, output: int) -> torch.Tensor:
        return self.before.get(output, self.outputs[output])


@dataclass
class Unit:
    """A record and how it is made of records that the other lane has too."""

    end: int
    inside: list[int]
    leaves: dict[str, torch.Tensor]
    """By the name of a record or of what came from outside."""


class Calls:
    """Every call of a batch, with all tensors held: their memory is not given to others, so that a place says who made it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.all: list[Call] = []
        self._made: dict[Place, Made] = {}
        self._writes: dict[int, Made] = {}
        self._held: dict[int, int] = {}

    def run(self, key: Optional[str], func: Any, facts: OpFacts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = _given(args, kwargs)
        call = Call(func, facts, args, kwargs, key, [self._sources(tensor) for tensor in given])
        if facts.written:
            written = {id(tensor) for argument, _, tensor in named_tensors(facts, args, kwargs) if argument in facts.written}
            call.written = frozenset(at for at, tensor in enumerate(given) if id(tensor) in written)
            self._keep({place_of(given[at])[0] for at in call.written})
        result = func(*args, **kwargs)
        call.outputs = outputs_of(facts, args, kwargs, result)
        for output, tensor in enumerate(call.outputs):
            place = place_of(tensor)
            self._made[place] = made = (len(self.all), output)
            if facts.written:
                self._writes[place[0]] = made
            self._held[place[0]] = tensor.untyped_storage().nbytes()
        if sum(self._held.values()) > MOST_HELD:
            raise Refused(f"what the batch computes takes more than {MOST_HELD // 2**30} GiB, which are not held for a replay; a smaller --batch-size is")
        self.all.append(call)
        return result

    def _keep(self, storages: set[int]) -> None:
        """What was made in memory that is about to be written over."""
        for call in self.all:
            for output, tensor in enumerate(call.outputs):
                if output not in call.before and place_of(tensor)[0] in storages:
                    call.before[output] = tensor.clone()

    def _sources(self, tensor: torch.Tensor) -> list[Source]:
        place = place_of(tensor)
        made, write = self._made.get(place), self._writes.get(place[0])
        if made is None:
            return [write] if write is not None else [self._outside(tensor)]
        return [made, write] if write is not None and write[0] > made[0] else [made]

    def _outside(self, tensor: torch.Tensor) -> str:
        name = next((ref for ref in self._recorder.references(tensor) if isinstance(ref, str)), None)
        if name is None:
            raise Refused("a tensor that goes in lies in memory whose maker is not known")
        return name

    def records(self) -> Iterator[tuple[str, torch.Tensor]]:
        for call in self.all:
            for output in range(len(call.outputs)) if call.key and not call.facts.uninitialised else ():
                if output == 0 or call.facts.base not in SECOND_OUTPUTS:
                    yield f"{call.key}:{output}", call.made(output)

    def unit(self, key: str, shared: frozenset[str]) -> Unit:
        end = next((index for index, call in enumerate(self.all) if call.key == key), None)
        if end is None:
            raise Refused("no call of this name ran")
        unit = Unit(end, [], {})
        waiting = [end]
        while waiting:
            index = waiting.pop()
            if index in unit.inside:
                continue
            unit.inside.append(index)
            if len(unit.inside) > MOST_CALLS:
                raise Refused(f"more than {MOST_CALLS} calls lie between it and what both lanes have")
            call = self.all[index]
            for at, (tensor, sources) in enumerate(zip(_given(call.args, call.kwargs), call.sources)):
                for source in sources:
                    if isinstance(source, str):
                        unit.leaves[source] = tensor
                        continue
                    name = self._name(source)
                    if len(sources) == 1 and name in shared and at not in call.written:
                        unit.leaves[name] = self.all[source[0]].made(source[1])
                    else:
                        waiting.append(source[0])
        unit.inside.sort()
        inside = {self._name((index, output)) for index in unit.inside for output in range(len(self.all[index].outputs))}
        unit.leaves = {name: tensor for name, tensor in unit.leaves.items() if name not in inside}
        return unit

    def _name(self, made: Made) -> str:
        return f"{self.all[made[0]].key}:{made[1]}"

    def replay(self, unit: Unit, given: dict[str, torch.Tensor]) -> list[torch.Tensor]:
        """The outputs of the unit's last call for other numbers in the same memory layout; constants of the lane stay."""
        leaves = {name: _laid_out(given[name], tensor) if name in given else tensor for name, tensor in unit.leaves.items()}
        made: dict[Made, torch.Tensor] = {}
        with torch.no_grad():
            for index in unit.inside:
                call = self.all[index]
                sources = iter(call.sources)

                def put(_tensor: torch.Tensor, sources: Iterator[list[Source]] = sources) -> torch.Tensor:
                    source = next(sources)[0]
                    if isinstance(source, str):
                        return leaves[source]
                    return made[source] if source in made else leaves[self._name(source)]

                args, kwargs = tree_map_only(torch.Tensor, put, (call.args, call.kwargs))
                result = call.func(*args, **kwargs)
                made.update({(index, output): tensor for output, tensor in enumerate(outputs_of(call.facts, args, kwargs, result))})
        return [made[unit.end, output] for output in range(len(self.all[unit.end].outputs))]


def _given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """In the order in which `tree_map_only` meets them."""
    return list(tensors_in((args, list(kwargs.values()))))


def _laid_out(values: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    made = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device)
    return made.copy_(values.reshape(tensor.shape))


# Over the wire


def _array(name: str, tensor: torch.Tensor) -> dict[str, str]:
    flat = tensor.detach().cpu().reshape(-1).to(ARRAYS[name])
    return {"$": name, "data": base64.b64encode(flat.numpy().tobytes()).decode("ascii")}


def to_wire(tensor: torch.Tensor) -> dict[str, Any]:
    """Flat, in float32: two lanes may hold the same numbers under other shapes. `steps` are those of a coarser type in it."""
    if tensor.is_complex():
        raise Refused(f"it holds a tensor of {tensor.dtype}")
    kind = "float32" if tensor.is_floating_point() else "bool" if tensor.dtype is torch.bool else "int32"
    steps = {torch.bfloat16: 2**16, torch.float16: 2**13}.get(tensor.dtype)
    values = _array({"float32": "f4", "bool": "u1", "int32": "i4"}[kind], tensor)
    return {"shape": [tensor.numel()], "dtype": kind, "values": values, **({"steps": steps} if steps else {})}


def from_wire(given: dict[str, Any]) -> torch.Tensor:
    values = given["values"]
    return torch.frombuffer(bytearray(base64.b64decode(values["data"])), dtype=ARRAYS[values["$"]]) if given["shape"] != [0] else torch.empty(0)


def same_as(tensor: torch.Tensor) -> str:
    """Equal for equal numbers; empty for what is the same everywhere in it, or too large to be read for this."""
    flat = tensor.detach().reshape(-1)
    if not 1 < flat.numel() <= MOST_READ or bool((flat == flat[0]).all()):
        return ""
    wide = flat.to(torch.float32 if tensor.is_floating_point() else torch.int64).cpu()
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
        return [_array("f4", torch.tensor(self._evaluate(), dtype=torch.float32)) for _ in range(ask["times"])]

    def digest(self, _ask: dict[str, Any]) -> Any:
        return [
            {**_place(name), "size": tensor.numel(), "samples": _array("f4", samples(tensor)), "same": same_as(tensor)}
            for name, tensor in self._calls.records()
        ]

    def capture(self, ask: dict[str, Any]) -> Any:
        shared = frozenset(ask["shared"])
        return [self._captured(key, shared) for key in ask["calls"]]

    def _captured(self, key: str, shared: frozenset[str]) -> dict[str, Any]:
        try:
            unit = self._units[key] = self._calls.unit(key, shared)
            end = self._calls.all[unit.end]
            outputs = [end.made(output) for output in range(len(end.outputs)) if output == 0 or end.facts.base not in SECOND_OUTPUTS]
            size = sum(tensor.numel() * 4 for tensor in (*unit.leaves.values(), *outputs))
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
            base = self._calls.all[unit.end].facts.base
            found.append([to_wire(tensor) for output, tensor in enumerate(outputs) if output == 0 or base not in SECOND_OUTPUTS])
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
    idle = threading.Event()
    idle.set()

    def pulse() -> None:
        while True:
            threading.Event().wait(2)
            if idle.is_set():
                channel.send("waiting")

    threading.Thread(target=pulse, daemon=True).start()
    channel.send("ready")
    for line in sys.stdin:
        question = json.loads(line)
        if question["kind"] == "stop":
            return
        idle.clear()
        try:
            channel.send("answer", id=question["id"], answer=getattr(answers, question["name"])(question["ask"]))
        except (Refused, RuntimeError, MemoryError) as error:
            channel.send("refused", id=question["id"], reason=first_line(error))
        idle.set()


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
        score(loaded, batch, Watched(tap))
    except Refused as refused:
        raise LaneFailure("torch/out-of-memory", str(refused)) from refused
    answer_questions(channel, Answers(lambda: score(loaded, batch).losses, calls))
