"""Every call of a batch, kept so that it can be replayed: what went in and who made it, and how a record is made of others.

What another lane computes by other calls (a fused kernel, another version of the model's code) is still one thing to compare: a record
that both lanes have, made of all calls back to the records that both have. The parent says which those are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterator, Optional, Union

import torch
from torch.utils._pytree import tree_map_only

from .errors import Refused
from .ops import SECOND_OUTPUTS, OpFacts, named_tensors, outputs_of, tensors_in
from .recorder import Place, Recorder, place_of

MOST_HELD = 4 * 2**30
"""Of a batch, with all that was computed on the way."""
MOST_CALLS = 400
Made = tuple[int, int]
"""A call and one of its outputs, by their places."""
Source = Union[Made, str]


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
    outputs: dict[int, torch.Tensor] = field(default_factory=dict)
    """By their places among the results."""
    before: dict[int, torch.Tensor] = field(default_factory=dict)
    """Outputs as they were made, where a later call wrote over them."""

    def made(self, output: int) -> torch.Tensor:
        return self.before.get(output, self.outputs[output])

    @property
    def read(self) -> list[int]:
        """Outputs that hold numbers which a caller reads."""
        return [output for output in self.outputs if output == 0 or self.facts.base not in SECOND_OUTPUTS]


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
        given = tensors_given(args, kwargs)
        call = Call(func, facts, args, kwargs, key, [self._sources(tensor) for tensor in given])
        if facts.written:
            written = {id(tensor) for argument, _, tensor in named_tensors(facts, args, kwargs) if argument in facts.written}
            call.written = frozenset(at for at, tensor in enumerate(given) if id(tensor) in written)
            self._keep({place_of(given[at])[0] for at in call.written})
        result = func(*args, **kwargs)
        call.outputs = {output: tensor for output, tensor, _ in outputs_of(facts, args, kwargs, result)}
        for output, tensor in call.outputs.items():
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
            for output, tensor in call.outputs.items():
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
            for output in call.read if call.key and not call.facts.uninitialised else ():
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
            for at, (tensor, sources) in enumerate(zip(tensors_given(call.args, call.kwargs), call.sources)):
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
        inside = {self._name((index, output)) for index in unit.inside for output in self.all[index].outputs}
        unit.leaves = {name: tensor for name, tensor in unit.leaves.items() if name not in inside}
        return unit

    def _name(self, made: Made) -> str:
        return f"{self.all[made[0]].key}:{made[1]}"

    def replay(self, unit: Unit, given: dict[str, torch.Tensor]) -> list[torch.Tensor]:
        """What is read of the unit's last call, for other numbers in the same memory layout; constants of the lane stay."""
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
                made.update({(index, output): tensor for output, tensor, _ in outputs_of(call.facts, args, kwargs, result)})
        return [made[unit.end, output] for output in self.all[unit.end].read]


def tensors_given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """In the order in which `tree_map_only` meets them."""
    return list(tensors_in((args, list(kwargs.values()))))


def _laid_out(values: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    made = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device)
    return made.copy_(values.reshape(tensor.shape))
