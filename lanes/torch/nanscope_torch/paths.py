"""Which module is running: a stack kept by global hooks forward, and autograd's sequence numbers backward."""

from __future__ import annotations

from typing import Any, Callable, Optional

import torch
from torch.nn.modules import module as nn_module
from torch.utils._python_dispatch import TorchDispatchMode

NO_SEQUENCE = 2**64 - 1  # What AccumulateGrad has.


def split_path(name: str) -> str:
    """`transformer.h.0.attn.c_attn` -> `transformer.h.0/attn/c_attn`: the block of a stack is one segment."""
    parts = name.split(".")
    block = next((index for index, part in enumerate(parts) if part.isdigit()), len(parts) - 1)
    return "/".join([".".join(parts[: block + 1]), *parts[block + 1 :]])


class ModulePaths:
    """Follows the modules of one model while it is open. `on_enter` and `on_leave` are told path, module and what goes in or comes out."""

    def __init__(self, model: torch.nn.Module, mode: TorchDispatchMode, on_enter: Callable[..., None], on_leave: Callable[..., None]) -> None:
        self._model = model  # Held, so that no other module gets one of these ids.
        self._paths = {id(module): split_path(name) if name else "" for name, module in model.named_modules()}
        self._parameters = {id(parameter): split_path(name.rpartition(".")[0]) for name, parameter in model.named_parameters()}
        self._stack: list[str] = []
        self._sequences: dict[int, str] = {}
        self._mode, self._on_enter, self._on_leave = mode, on_enter, on_leave
        self.unseen = False
        """Whether the model ran in another thread: no op of that is seen."""
        self._handles = [
            nn_module.register_module_forward_pre_hook(self._enter),
            nn_module.register_module_forward_hook(self._leave, always_call=True),
        ]

    def close(self) -> None:
        for handle in self._handles:
            handle.remove()

    def forget(self) -> None:
        """At the end of a batch: what autograd recorded of it is gone."""
        self._sequences.clear()

    @property
    def depth(self) -> int:
        return len(self._stack)

    def _sees(self) -> bool:
        """Hooks are those of all threads; a mode is that of one, and of autograd's where that works for it."""
        return any(torch._C._get_dispatch_stack_at(place) is self._mode for place in range(torch._C._len_torch_dispatch_stack()))

    def _enter(self, module: torch.nn.Module, args: Any) -> None:
        path = self._paths.get(id(module))
        if path is None:
            return
        if not self._sees():
            self.unseen = True
            return
        self._on_enter(path, module, args, self.depth)
        self._stack.append(path)

    def _leave(self, module: torch.nn.Module, _args: Any, output: Any) -> None:
        path = self._paths.get(id(module))
        if path is None or path not in self._stack or not self._sees():
            return
        while self._stack.pop() != path:
            pass
        self._on_leave(path, module, output, self.depth)

    def forward_path(self) -> str:
        path = self._stack[-1] if self._stack else ""
        # The node of the op that is running was made just before it; the first op under a number is its own.
        self._sequences.setdefault(torch.autograd._get_sequence_nr() - 1, path)
        return path

    def backward_path(self, node: Any) -> str:
        if self._stack:
            return self._stack[-1]  # A checkpointed block that is computed again.
        number = node._sequence_nr()
        if number != NO_SEQUENCE:
            return self._sequences.get(number, "")
        variable: Optional[torch.Tensor] = getattr(node, "variable", None)
        return self._parameters.get(id(variable), "") if variable is not None else ""
