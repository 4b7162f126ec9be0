"""Sees every ATen op of a model: forward, loss, backward and optimizer, on any device. What is done with it is the recorder's business."""

from __future__ import annotations

import os
import re
from typing import Any, Callable, Optional

import torch
from torch.amp import GradScaler
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._python_dispatch import _disable_current_modes as paused  # Our own ops are not seen.

from .errors import first_line
from .health import counter_for
from .ops import OpFacts, facts_of, tensors_in
from .paths import ModulePaths
from .recorder import Recorder
from .traced_ops import Taken

MOST_OPS = 200_000
LOSSES = frozenset({"_log_softmax", "nll_loss_forward", "nll_loss2d_forward"})
BLOCK = re.compile(r"^(?:(.*)\.)?([^.]+\.\d+)$")


class _Dispatch(TorchDispatchMode):
    supports_higher_order_operators = True

    def __init__(self, tap: Tap) -> None:
        super().__init__()
        self._tap, self._process = tap, os.getpid()

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Optional[dict[str, Any]] = None) -> Any:
        # A tensor of a class of its own takes its ops apart itself: those are seen.
        if os.getpid() != self._process:
            return func(*args, **(kwargs or {}))  # A worker that loads data was made of this process, and would fill its memory.
        own = types and any(kind.__torch_dispatch__ is not torch.Tensor.__torch_dispatch__ for kind in types)
        return NotImplemented if own else self._tap.dispatch(self, func, args, kwargs or {})


class Tap:
    """
    `with` it around a step, then `take` what it saw. Nothing is installed outside of that.

    `phase` may be set; where it is not, forward, loss, backward and optimizer are told by what runs.
    """

    def __init__(self, model: torch.nn.Module, device: torch.device, full: bool = False) -> None:
        self._model, self._device_type = model, device.type
        self.counter = counter_for(device, full)
        self.recorder = Recorder(self.counter, model)
        self.phase: Optional[str] = None
        self.on_root: Optional[Callable[[bool], None]] = None
        """Told when the model itself is entered (True) and left (False)."""
        self.on_full: Optional[Callable[[], None]] = None
        """Told when there are more ops than memory should hold."""
        self.unseen = False
        """Once it is closed, whether the model ran in another thread meanwhile."""
        self.lenient = False
        self.unknown: dict[str, str] = {}
        """Where it is lenient, ops that could not be looked at, and why."""
        self.scaled = False
        """Whether a GradScaler multiplied the loss of this batch: what overflows by that, it looks for, and skips the step."""
        self._by_scaler: set[int] = set()
        self.run: Callable[..., Any] = lambda _key, func, _facts, args, kwargs: func(*args, **kwargs)
        """Runs a call and returns what it gives: its key without an output (none where it only looks at memory in another way), the op, its facts and arguments."""
        self._facts: dict[Any, OpFacts] = {}
        self._mode = _Dispatch(self)
        self._paths: Optional[ModulePaths] = None
        self._handles: list[Any] = []
        self._after_forward = self._in_optimizer = self._after_backward = False
        self._in_closure = False
        """Whether an optimizer's step called the model, and no backward pass began since."""
        self.layers: dict[str, int] = {}
        """Layer name -> place of the op whose `rows` show it, in order of execution."""
        self._stack_parent: Optional[str] = None

    def __enter__(self) -> Tap:
        self._paths = ModulePaths(self._model, self._mode, self._enter, self._leave)
        self._scaler = GradScaler.scale, GradScaler.step
        GradScaler.scale, GradScaler.step = self._of_scaler(GradScaler.scale, True), self._of_scaler(GradScaler.step, False)
        self._handles = [register_optimizer_step_pre_hook(self._optimizer(True)), register_optimizer_step_post_hook(self._optimizer(False))]
        self._mode.__enter__()
        return self

    def __exit__(self, *_: Any) -> None:
        assert self._paths is not None
        self._mode.__exit__(None, None, None)
        GradScaler.scale, GradScaler.step = self._scaler
        self._paths.close()
        self.unseen = self._paths.unseen
        self._paths = None
        for handle in self._handles:
            handle.remove()

    def take(self) -> Taken:
        """What was seen since the last call: one batch."""
        with paused():
            taken = self.recorder.take()
        taken.scaled, self.scaled = self.scaled, False
        taken.by_scaler, self._by_scaler = self._by_scaler, set()
        if self._paths:
            self._paths.forget()
        self._after_forward = self._after_backward = False
        self.layers, self._stack_parent = {}, None
        return taken

    # Where we are

    def _optimizer(self, entered: bool) -> Callable[..., None]:
        def hook(*_: Any) -> None:
            self._in_optimizer = entered

        return hook

    def _of_scaler(self, method: Callable[..., Any], scales: bool) -> Callable[..., Any]:
        """The same method of a GradScaler, of which is known what runs inside."""

        def seen(scaler: GradScaler, *args: Any, **kwargs: Any) -> Any:
            if scales:
                with paused():
                    self.scaled = self.scaled or scaler.get_scale() > 1
            before = len(self.recorder.ops)
            try:
                return method(scaler, *args, **kwargs)
            finally:
                self._by_scaler.update(range(before, len(self.recorder.ops)))

        return seen

    def _enter(self, path: str, _module: torch.nn.Module, args: Any, depth: int) -> None:
        if depth == 0 and path == "" and self.on_root:
            self.on_root(True)
        block = BLOCK.match(path)
        if block and "/" not in path and self._stack_parent is None:
            self._stack_parent = block[1] or ""
            self._layer("embeddings", args)

    def _leave(self, path: str, _module: torch.nn.Module, output: Any, depth: int) -> None:
        if depth == 0 and path == "":
            self._after_forward, self._in_closure = True, self._in_optimizer
            if self.on_root:
                self.on_root(False)
        if self._stack_parent is None or "/" in path:
            return
        parent, _, last = path.rpartition(".")
        if BLOCK.match(path) and path.rpartition(".")[0].rpartition(".")[0] == self._stack_parent:
            self._layer(path[len(self._stack_parent) :].lstrip("."), output)
        elif parent == self._stack_parent and path != "lm_head" and self.layers:
            self._layer(last, output)

    def _layer(self, name: str, value: Any) -> None:
        tensor = next((one for one in tensors_in(list(value) if isinstance(value, tuple) else value) if one.dim() == 3 and one.is_floating_point()), None)
        if tensor is None:
            return
        with paused():
            index = self.recorder.mark_rows(tensor)
        if index is not None:
            self.layers[name] = index

    def _where(self, kernel: str) -> tuple[str, str]:
        """Phase and module path of the op that is running."""
        assert self._paths is not None
        node = torch._C._current_autograd_node()
        if node is not None:
            self._after_backward, self._in_closure = True, False
            return "backward", self._paths.backward_path(node)
        if self._in_optimizer and self._paths.depth == 0 and not self._in_closure:
            return "optimizer", ""
        path = self._paths.forward_path()
        if self.phase is not None:
            return self.phase, path
        if self._paths.depth > 0:
            return ("loss" if path == "" and kernel in LOSSES else "forward"), path
        if self._after_backward:
            return "optimizer", "clip"
        return ("loss" if self._after_forward else "forward"), path

    # What runs

    def dispatch(self, mode: _Dispatch, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not isinstance(func, torch._ops.OpOverload):
            return func(*args, **kwargs)  # A higher-order op: what it runs inside is not seen.
        facts = self._facts.get(func)
        if facts is None:
            facts = self._facts[func] = facts_of(func, self._device_type)
        if facts.composite and not any(tensor.is_nested for tensor in tensors_in(args)):
            # Only under inference_mode: elsewhere autograd has taken it apart already, or it has a kernel of its own for nested tensors.
            with mode:
                result = func.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        if facts.base == "set_":
            return func(*args, **kwargs)  # Other memory, which nothing here has computed.
        if facts.seen_through:
            if torch._C._current_autograd_node() is None and self._paths is not None:
                self._paths.forward_path()  # Its gradient may compute something.
            result = self.run(None, func, facts, args, kwargs)
            self.recorder.see_through(args[0], result)
            return result
        phase, path = self._where(facts.name)
        inputs = self._looks(facts, self.recorder.before, facts, args, kwargs) or []
        result = self.run(self.recorder.next_key(facts, phase, path), func, facts, args, kwargs)
        self._looks(facts, self.recorder.after, facts, inputs, args, kwargs, result, phase, path)
        if self.on_full and len(self.recorder.ops) >= MOST_OPS:
            self.on_full()
        return result

    def _looks(self, facts: OpFacts, look: Callable[..., Any], *args: Any) -> Any:
        """In a loop of the user's no tensor of a kind that we do not know, and no lack of memory of ours, ends what would have gone on."""
        try:
            return look(*args)
        except Exception as error:
            if not self.lenient:
                raise
            self.unknown[facts.name] = first_line(error)
            return None


