"""
What each stage of a model gave on a few rows, beside the same model in float64 on the host: for a lane of another engine, whose ops
have other names, or of another version. Which op of a stage is at fault is the trace's business.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import torch

from .errors import LaneFailure, UserError
from .inputs import Batch
from .model import Loaded, widened
from .score import losses_of

ROWS = 4
MOST = 2**15
"""Elements that are kept of a tensor."""
LOGITS = 256
"""Positions whose logits are kept."""
ATTENTION = ("attn", "self_attn", "attention", "self_attention")
Tensors = dict[str, torch.Tensor]


def sample(tensor: torch.Tensor) -> torch.Tensor:
    """Flat; of a large tensor every n-th element, n having no factor in common with the last dimension, so that all channels have their turn."""
    flat, width = tensor.detach().reshape(-1), max(1, tensor.shape[-1] if tensor.dim() else 1)
    stride = max(1, math.ceil(flat.numel() / MOST))
    while stride > 1 and math.gcd(stride, width) > 1:
        stride += 1
    return flat[::stride].cpu()


def _tensor(value: Any) -> torch.Tensor:
    return value if isinstance(value, torch.Tensor) else value[0]


@contextmanager
def observed(model: torch.nn.Module, stages: Tensors) -> Iterator[None]:
    """While open, what the modules of the model give is put into `stages`, in the order in which it is computed."""
    name, stack = next((each for each in model.named_modules() if isinstance(each[1], torch.nn.ModuleList)), ("", []))
    parent = model.get_submodule(name.rpartition(".")[0])
    handles = []

    def given(stage: str, unless: str = "") -> Any:
        def hook(_module: Any, args: Any, kwargs: Any) -> None:
            value = args[0] if args else kwargs.get("hidden_states")
            # Where attention has a norm or a dropout of its own, that comes before it is added.
            if isinstance(value, torch.Tensor) and stage not in stages and (not unless or (unless in stages and value is not stages[unless])):
                stages[stage] = value

        return hook

    def gave(stage: str, begun: str = "") -> Any:
        def hook(_module: Any, _args: Any, output: Any) -> None:
            if not begun or begun in stages:
                stages[stage] = _tensor(output)

        return hook

    for index, block in enumerate(stack):
        layer = f"h.{index}"
        if index == 0:
            handles.append(block.register_forward_pre_hook(given("embeddings"), with_kwargs=True))
        for child, module in block.named_children():
            if child in ATTENTION:
                handles.append(module.register_forward_hook(gave(f"{layer} attention")))
            else:
                handles.append(module.register_forward_pre_hook(given(f"{layer} attention residual", f"{layer} attention"), with_kwargs=True))
        handles.append(block.register_forward_hook(gave(layer)))
    handles += [module.register_forward_hook(gave("ln_f", f"h.{len(stack) - 1}")) for module in parent.children() if module is not stack]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def compute(loaded: Loaded, batch: Batch, gradients: bool) -> Tensors:
    stages: Tensors = {}
    with observed(loaded.model, stages), torch.set_grad_enabled(gradients):
        result, _, losses = losses_of(loaded, batch, gradients=gradients)
    logits = result.logits.reshape(-1, result.logits.shape[-1])
    stages.update(logits=logits[:: math.ceil(logits.shape[0] / LOGITS)], loss=losses)
    for name, parameter in loaded.model.named_parameters():
        if gradients and parameter.grad is not None:
            stages[f"grad.{name}"] = parameter.grad
    loaded.model.zero_grad(set_to_none=True)
    return stages


def _classes(tensor: torch.Tensor) -> torch.Tensor:
    return torch.stack([tensor.isnan().sum(), tensor.isinf().sum(), torch.tensor(tensor.numel(), device=tensor.device)]).cpu()


def save_stages(path: Path, loaded: Loaded, batch: Batch, *, gradients: bool) -> list[str]:
    """Writes `STAGE`, `classes/STAGE` (NaN, infinite, size) and `exact/STAGE`. Returns what a reader has to know, a sentence each."""
    from safetensors.torch import save_file

    batch = batch.each(lambda grid: grid[:ROWS])
    found: Tensors = {}
    notes: list[str] = []
    for stage, tensor in compute(loaded, batch, gradients).items():
        found[stage] = widened(sample(tensor))
        found[f"classes/{stage}"] = _classes(tensor)
    try:
        found.update({f"exact/{stage}": sample(tensor) for stage, tensor in compute(loaded.in_float64(), batch, gradients).items()})
    except (RuntimeError, MemoryError, LaneFailure, UserError) as error:
        notes.append(f"the stages stand without their float64: {type(error).__name__} where it was computed on the host")
    save_file({name: tensor.contiguous().clone() for name, tensor in found.items()}, str(path), {"dtype": loaded.dtype})
    return notes
