"""Everything the model computed on one batch, as safetensors under the names that other tools use."""

from __future__ import annotations

from typing import Any, Optional

import torch

from .errors import UserError
from .inputs import Batch
from .model import Loaded, widened
from .score import Observe, losses_of


def save_outputs(path: Optional[str], loaded: Loaded, batch: Batch, observe: Optional[Observe], *, gradients: bool) -> list[str]:
    """
    Writes logits, loss, per_token_loss [B,T-1], hidden_states.i, and with `gradients` grad.NAME of the mean loss; without
    a path the backward pass is run for its trace alone. Returns what a reader has to know, a sentence each.
    """
    notes: list[str] = []

    def compute(tap: Any) -> tuple[Any, torch.Tensor]:
        result, _, losses = losses_of(loaded, batch, tap, gradients=gradients, output_hidden_states=True)
        return result, losses.detach()

    try:
        with torch.set_grad_enabled(gradients):
            result, losses = observe(batch, compute) if observe else compute(None)
        rows, length = batch.shape
        per_token = torch.zeros(rows * length, dtype=losses.dtype, device=loaded.device)
        per_token[batch.supervised()[0].to(loaded.device)] = losses
        tensors = {"logits": result.logits, "loss": losses.mean().reshape(1), "per_token_loss": per_token.view(rows, length)[:, :-1]}
        tensors.update({f"hidden_states.{index}": hidden for index, hidden in enumerate(result.hidden_states or ())})
        for name, parameter in loaded.model.named_parameters() if gradients else ():
            if parameter.grad is None:
                notes.append(f"{name} has no gradient: the loss does not depend on it")
            else:
                tensors[f"grad.{name}"] = parameter.grad
        if path is not None:
            _write(path, tensors, {"engine": "torch", "attn": loaded.attn, "dtype": loaded.dtype})
    finally:
        loaded.model.zero_grad(set_to_none=True)
    return notes


def _write(path: str, tensors: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    from safetensors.torch import save_file

    try:
        save_file({name: widened(tensor.detach()).cpu().contiguous().clone() for name, tensor in tensors.items()}, path, metadata)
    except OSError as error:
        raise UserError("torch/unwritable", f"--save-outputs {path}: cannot be written: {error.strerror or error}") from error
