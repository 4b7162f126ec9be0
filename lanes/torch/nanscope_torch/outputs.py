"""Everything the model computed on one batch, as safetensors under the names that other tools use."""

from __future__ import annotations

from typing import Any

import torch

from .errors import UserError
from .inputs import Batch
from .model import Loaded
from .score import token_losses


def save_outputs(path: str | None, loaded: Loaded, batch: Batch, tracer: Any, *, gradients: bool) -> list[str]:
    """
    Writes logits, loss, per_token_loss [B,T-1], hidden_states.i, and with `gradients` grad.NAME of the mean loss; without
    a path the backward pass is run for its trace alone. Returns what a reader has to know, a sentence each.
    """
    inputs = loaded.inputs(batch)
    places, labels = (part.to(loaded.device) for part in batch.supervised())
    notes: list[str] = []

    def compute(tap: Any) -> dict[str, torch.Tensor]:
        phase = tap.phase if tap else lambda _name: None
        if tap:
            tap.name_tensors({**inputs, "labels": labels})
        phase("forward")
        result = loaded(inputs, output_hidden_states=True)
        logits = result.logits
        phase("loss")
        losses = token_losses(logits.reshape(-1, logits.shape[-1])[places], labels)
        loss = losses.mean()
        if gradients:
            phase("backward")
            loss.backward()
        rows, length = batch.shape
        per_token = torch.zeros(rows, length, dtype=torch.float32, device=loaded.device)
        with torch.no_grad():
            per_token.view(-1)[places] = losses.detach()
        tensors = {"logits": logits, "loss": loss.reshape(1), "per_token_loss": per_token[:, :-1]}
        for index, hidden in enumerate(result.hidden_states or ()):
            tensors[f"hidden_states.{index}"] = hidden
        return tensors

    parameters = dict(loaded.model.named_parameters())
    try:
        with torch.set_grad_enabled(gradients):
            tensors = tracer.backward_pass(compute, batch) if gradients else compute(None)
        if gradients:
            for name, parameter in parameters.items():
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
        save_file({name: tensor.detach().float().cpu().contiguous().clone() for name, tensor in tensors.items()}, path, metadata)
    except OSError as error:
        raise UserError("torch/unwritable", f"--save-outputs {path}: cannot be written: {error.strerror or error}") from error
