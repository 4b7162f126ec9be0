"""Turns calls of ATen ops into records: keys, inputs by reference, health. Holds one batch at a time and forgets it when it is taken."""

from __future__ import annotations

from typing import Any, Optional

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._pytree import tree_map

from .attention import explain_attention, explain_gradient
from .health import LAYOUTS, DeviceCounter, HostCounter, Measurement, clean, has_health, memory_of, row_bits, row_letters
from .ops import ATTENTION, SECOND_OUTPUTS, OpFacts, constant_asked_for, explain_nothing, named_tensors, outputs_of
from .traced_ops import External, Op, Reference, Taken

Place = tuple[int, int, tuple[int, ...], tuple[int, ...]]
Given = list[tuple[str, str, Reference]]
"""Of a call: argument, shown name, and where it comes from, for each input."""
MOST_KEPT = 256 * 2**20
"""Bytes of what goes into the calls that are kept of a batch."""


def place_of(tensor: torch.Tensor) -> Place:
    """Which memory it is, and how it is laid over it."""
    return tensor.untyped_storage()._cdata, tensor.storage_offset(), tuple(tensor.shape), tensor.stride()


def dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).replace("torch.", "")


class Recorder:
    def __init__(self, counter: HostCounter | DeviceCounter, model: torch.nn.Module) -> None:
        self._counter = counter
        self._model = model
        self._known: dict[str, tuple[int, int, Measurement]] = {}
        self.explain: Optional[str] = None
        """Key of an op to look closer at: on a device where counts come too late to know it while it runs."""
        self.keep_calls = False
        self._names: dict[int, str] = {}
        self._begin()

    def _begin(self) -> None:
        self.ops: list[Op] = []
        self._externals: dict[str, External] = {}
        self._calls: dict[str, int] = {}
        self._rows: list[tuple[Op, torch.Tensor, torch.dtype]] = []
        self._kept: dict[str, dict[str, Any]] = {}
        self._room = MOST_KEPT
        self._places: dict[Place, Reference] = {}
        self._writes: dict[int, int] = {}
        # A weak reference keeps the address of a freed storage from being given to another one.
        self._storages: dict[int, StorageWeakRef] = {}
        self._unnamed = {"external": 0, "constant": 0}
        grads = ((f"grad.{name}", parameter.grad) for name, parameter in self._model.named_parameters() if parameter.grad is not None)
        memories = ((name, memory_of(tensor)) for name, tensor in (*grads, *self._model.named_parameters(), *self._model.named_buffers()))
        try:
            self._names = {self._place(memory)[0]: name for name, memory in memories if memory is not None}
        except NotImplementedError:
            pass  # Under torch.func others stand in the place of the parameters: the names stay with the real ones.

    def name(self, tensors: dict[str, torch.Tensor]) -> None:
        """Names tensors of this batch that come from outside: `input_ids`, `labels`."""
        for name, tensor in tensors.items():
            self._names[self._place(tensor)[0]] = name

    def take(self) -> Taken:
        """Everything since the last call, measured."""
        bytes_read = self._counter.flush()
        for op, bits, dtype in self._rows:
            op.rows = row_letters(bits, dtype)
        taken = Taken(self.ops, self._externals, bytes_read, calls=self._kept)
        self._begin()
        return taken

    # Where a tensor's values come from

    def _place(self, tensor: torch.Tensor) -> Place:
        storage = tensor.untyped_storage()
        address = storage._cdata
        if address not in self._storages:
            self._storages[address] = StorageWeakRef(storage)
        return address, tensor.storage_offset(), tuple(tensor.shape), tensor.stride()

    def references(self, tensor: torch.Tensor) -> list[Reference]:
        """Usually one; two where a part of the memory was written to since."""
        memory = memory_of(tensor)
        if memory is None:
            return []
        tensor, place = memory, self._place(memory)
        known = self._places.get(place)
        last = self._writes.get(place[0])
        if known is None:
            known = last if last is not None else self._external(tensor, place)
            self._places[place] = known
        elif last is not None and (isinstance(known, str) or known < last):
            return [known, last]
        return [known]

    def _external(self, tensor: torch.Tensor, place: Place) -> str:
        name = self._names.get(place[0])
        if name is None or (name in self._externals and self._externals[name].shape != list(tensor.shape)):
            base = name or ("constant" if tensor.numel() == 1 else "external")
            self._unnamed[base] = self._unnamed.get(base, 0) + 1
            name = f"{base}#{self._unnamed[base] - 1}"
        if name not in self._externals:
            self._externals[name] = External(list(tensor.shape), dtype_name(tensor.dtype), self._measure_external(name, tensor, place))
        return name

    def _measure_external(self, name: str, tensor: torch.Tensor, place: Place) -> Optional[Measurement]:
        if not has_health(tensor):
            return None
        # What trains may be written to by kernels that PyTorch does not know of, and no version tells.
        version = -1 if self._model.training or tensor.is_inference() else tensor._version
        known = self._known.get(name)
        if known and known[:2] == (place[0], version):
            return known[2]
        measurement = self._counter.measure(tensor)
        if "#" not in name and version >= 0 and place[0] in self._names:
            self._known[name] = (place[0], version, measurement)
        return measurement

    # The two halves of a call

    def see_through(self, tensor: torch.Tensor, result: torch.Tensor) -> None:
        """The result is all of the tensor's memory: where it came from is where that came from."""
        references, memory = self.references(tensor), memory_of(result)
        if references and memory is not None:
            self._places[self._place(memory)] = references[-1] if isinstance(references[-1], int) else references[0]

    def before(self, facts: OpFacts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Given:
        """What goes in, looked at before the op can write over it."""
        tensors = () if facts.shape_only else named_tensors(facts, args, kwargs)
        return [(argument, shown, reference) for argument, shown, tensor in tensors for reference in self.references(tensor)]

    def after(self, facts: OpFacts, given: Given, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any, phase: str, path: str) -> None:
        outputs = outputs_of(facts, args, kwargs, result)
        if not outputs:
            return
        stem, call = self._stem(facts, phase, path)
        self._calls[stem] = call + 1
        asked_for = constant_asked_for(args, kwargs)
        for output, result_tensor, item in outputs:
            memory = memory_of(result_tensor)
            tensor = result_tensor if memory is None else memory
            shape = [] if memory is None else list(memory.shape)
            op = Op(
                f"{stem}#{call}:{output}", phase, path, facts.name, call, output, shape, dtype_name(result_tensor.dtype),
                self._inputs_of(facts, given, item), asked_for=asked_for,
            )  # fmt: skip
            if output > 0:
                op.benign = SECOND_OUTPUTS.get(facts.base)
            if memory is not None:
                self._measure(op, facts, tensor)
                place = self._place(tensor)
                self._places[place] = len(self.ops)
                if facts.written:
                    self._writes[place[0]] = len(self.ops)
            self.ops.append(op)
            if op.key == self.explain or (op.measurement and op.measurement.poisoned):
                self._look_closer(op, facts, args, kwargs, tensor)

    def _stem(self, facts: OpFacts, phase: str, path: str) -> tuple[str, int]:
        stem = f"{phase}/{path}/{facts.name}" if path else f"{phase}/{facts.name}"
        return stem, self._calls.get(stem, 0)

    def next_key(self, facts: OpFacts, phase: str, path: str) -> str:
        """Of a call that is about to run, without an output."""
        stem, call = self._stem(facts, phase, path)
        return f"{stem}#{call}"

    def _inputs_of(self, facts: OpFacts, given: Given, item: int) -> list[tuple[str, Reference]]:
        if not facts.elementwise_lists:
            return [(shown, reference) for _, shown, reference in given]
        return [(shown, ref) for argument, shown, ref in given if shown == argument or shown == f"{argument}.{item}"]

    def _measure(self, op: Op, facts: OpFacts, tensor: torch.Tensor) -> None:
        if facts.uninitialised or not has_health(tensor):
            return
        source = op.inputs[0][1] if facts.picks and op.inputs else None
        measured = self._measurement(source) if source is not None else None
        if self._counter.immediate and measured and not measured.poisoned and not self._counter.full:
            # Some of the elements of what is clean.
            op.measurement = Measurement(tensor.numel(), tensor.dtype, clean(tensor.numel()))
        else:
            op.measurement = self._counter.measure(tensor)

    def _measurement(self, reference: Reference) -> Optional[Measurement]:
        return self.ops[reference].measurement if isinstance(reference, int) else self._externals[reference].measurement

    def _look_closer(self, op: Op, facts: OpFacts, args: tuple[Any, ...], kwargs: dict[str, Any], output: torch.Tensor) -> None:
        """Where something may be born, and the memory is at hand: what went in, and of attention what happened inside."""
        if facts.base in ATTENTION and op.output == 0 and op.explained is None:
            op.explained = explain_attention(facts, args, kwargs, output)
        elif facts.base.endswith("_backward") and facts.base[: -len("_backward")] in ATTENTION and op.explained is None:
            op.explained = explain_gradient(facts, args, kwargs, output, op.output)
        inputs = [one for one in (self._measurement(reference) for _, reference in op.inputs) if one and one.poisoned]
        if not inputs and op.explained is None and (op.health is None or op.health["nan"] > 0):
            sizes = [tensor.numel() for _, _, tensor in named_tensors(facts, args, kwargs)]
            eps = {**dict(zip(facts.arguments, args)), **kwargs}.get("eps")
            op.explained = explain_nothing(facts.base, max(sizes, default=0) // max(1, output.numel()), eps)
        if facts.written or facts.elementwise_lists:
            return  # What went in is written over, or belongs to many outputs.
        # Only a mask's -inf may go in, and more than it come out; `reduce` has no complex numbers.
        plain = op.asked_for is None and not op.dtype.startswith("complex") and not any(tensor.is_complex() for _, _, tensor in named_tensors(facts, args, kwargs))
        if self.keep_calls and plain and not any(_unmasked(one) for one in inputs) and (not inputs or _unmasked(op.measurement)):
            self._keep(op, facts, args, kwargs)
        if inputs:
            return
        op.magnitudes = [_magnitude(tensor) for _, _, tensor in named_tensors(facts, args, kwargs) if has_health(tensor)]

    def _keep(self, op: Op, facts: OpFacts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._room -= sum(tensor.nbytes for _, _, tensor in named_tensors(facts, args, kwargs))
        if self._room >= 0:
            args, kwargs = tree_map(_kept, (args, kwargs))
            self._kept[op.key] = {"op": str(facts.func), "args": args, "kwargs": kwargs}

    def mark_rows(self, tensor: torch.Tensor) -> Optional[int]:
        """Gives the op that made this tensor a letter for each row; its place."""
        if tensor.is_nested:
            return None  # It has no rows of one length.
        references = [ref for ref in self.references(tensor) if isinstance(ref, int)]
        if not references or tensor.dtype not in LAYOUTS or tensor.dim() < 2:
            return None
        op = self.ops[references[-1]]
        clean = self._counter.immediate and op.measurement is not None and not op.measurement.poisoned
        if clean:
            op.rows = "." * (tensor.numel() // tensor.shape[-1])
        else:
            self._rows.append((op, row_bits(tensor), tensor.dtype))
        return references[-1]


def _kept(value: Any) -> Any:
    """Of an argument what a file can hold: a device and a layout are those of the tensors."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    return value if isinstance(value, (bool, int, float, complex, str, torch.dtype)) else None


def _unmasked(measurement: Optional[Measurement]) -> bool:
    health = measurement.health if measurement else None
    return health is not None and health["nan"] + health["posInf"] > 0


def _magnitude(tensor: torch.Tensor) -> Optional[float]:
    if tensor.numel() == 0:
        return 0.0
    value = float(tensor.detach().abs().max())
    return value if value - value == 0 else None
