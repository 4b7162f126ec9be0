"""Ready batches of token ids, as the parent tokenised them: both lanes of a comparison see the same numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

import torch

from .errors import UserError, first_line

IGNORED = -100


@dataclass
class Batch:
    """B rows of T columns; every tensor is int64 [B,T] on the host."""

    index: int
    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    labels: torch.Tensor
    position_ids: torch.Tensor | None = None
    token_type_ids: torch.Tensor | None = None
    truncated: int = 0
    rows: list[dict[str, Any] | None] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, int]:
        return self.input_ids.shape[0], self.input_ids.shape[1]

    @property
    def input_tokens(self) -> int:
        """Tokens that are not padding."""
        return int(self.attention_mask.sum())

    def supervised(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Flat places b T + t whose logits are judged, and the labels that they must predict: those at t + 1."""
        shifted = torch.full_like(self.labels, IGNORED)
        shifted[:, :-1] = self.labels[:, 1:]
        places = (shifted.reshape(-1) != IGNORED).nonzero().reshape(-1)
        return places, shifted.reshape(-1)[places]

    def mask_4d(self) -> torch.Tensor:
        """bool [B,1,T,T]: a key may be seen that is a token and not after the query."""
        _, length = self.shape
        causal = torch.ones(length, length, dtype=torch.bool).tril()
        return causal[None, None] & (self.attention_mask[:, None, None, :] == 1)

    def positions(self, how: str) -> torch.Tensor | None:
        """`given`, `arange`, `mask` (cumulative sum of the mask minus one, at least 0), `none`."""
        if how == "none":
            return None
        if how == "mask":
            return (self.attention_mask.cumsum(1) - 1).clamp(min=0)
        if how == "given" and self.position_ids is not None:
            return self.position_ids
        batch, length = self.shape
        return torch.arange(length).expand(batch, length)


def read_batches(path: str, vocabulary: int) -> Iterator[Batch]:
    """Yields every batch of the file in order. Raises `torch/inputs` for what does not fit."""
    if not Path(path).is_file():
        raise UserError("torch/inputs", f"inputs: expected a file of batches, found nothing at {path}.")
    if path.endswith(".safetensors"):
        yield _checked(_from_safetensors(path), path, vocabulary)
        return
    with open(path, encoding="utf-8") as lines:
        for index, line in enumerate(lines):
            if line.strip():
                yield _checked(_from_line(line, index, path), path, vocabulary)


def _from_line(line: str, index: int, path: str) -> Batch:
    try:
        given = json.loads(line)
        shape = (given["batch"], given["length"])

        def grid(name: str) -> torch.Tensor:
            return torch.tensor(given[name], dtype=torch.int64).reshape(shape)

        return Batch(
            index=given.get("index", index),
            input_ids=grid("inputIds"),
            attention_mask=grid("attentionMask"),
            labels=grid("labels"),
            position_ids=grid("positionIds") if "positionIds" in given else None,
            token_type_ids=grid("tokenTypeIds") if "tokenTypeIds" in given else None,
            truncated=given.get("truncated", 0),
            rows=given.get("rows", []),
        )
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        raise UserError("torch/inputs", f"{path}, line {index + 1}: expected a batch, found {type(error).__name__}: {first_line(error)}.") from error


def _from_safetensors(path: str) -> Batch:
    from safetensors.torch import load_file

    tensors = load_file(path)
    known = {"input_ids", "attention_mask", "labels", "position_ids", "token_type_ids"}
    unknown = sorted(set(tensors) - known)
    if unknown or not {"input_ids", "attention_mask"} <= set(tensors):
        raise UserError("torch/inputs", f"{path}: expected input_ids, attention_mask and of {', '.join(sorted(known))} what is wanted, found {', '.join(sorted(tensors)) or 'none'}.")
    whole = {name: tensor.to(torch.int64) for name, tensor in tensors.items()}
    ids, mask = whole["input_ids"], whole["attention_mask"]
    labels = whole.get("labels", torch.where(mask == 1, ids, torch.full_like(ids, IGNORED)))
    return Batch(0, ids, mask, labels, whole.get("position_ids"), whole.get("token_type_ids"))


def _checked(batch: Batch, path: str, vocabulary: int) -> Batch:
    where = f"{path}, batch {batch.index}"
    for name, low, high in (("input_ids", 0, vocabulary), ("attention_mask", 0, 2), ("labels", 0, vocabulary)):
        grid = getattr(batch, name)
        if grid.dim() != 2 or grid.shape != batch.input_ids.shape or grid.numel() == 0:
            raise UserError("torch/inputs", f"{where}: expected {name} of shape [B,T], found {list(grid.shape)}.")
        wrong = (grid < low) | (grid >= high)
        if name == "labels":
            wrong &= grid != IGNORED
        if bool(wrong.any()):
            raise UserError("torch/inputs", f"{where}: expected {name} from {low} to {high - 1}, found {int(grid[wrong][0])}.")
    return batch
