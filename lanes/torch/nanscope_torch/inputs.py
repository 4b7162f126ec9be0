"""Ready batches of token ids, as the parent tokenised them: both lanes of a comparison see the same numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Callable, Iterator

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

    def each(self, change: Callable[[torch.Tensor], torch.Tensor]) -> Batch:
        """The same batch with every tensor changed alike."""
        return replace(self, **{name: change(grid) for name, grid in vars(self).items() if isinstance(grid, torch.Tensor)})

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


def read_batches(path: str, vocabulary: int) -> Iterator[Batch]:
    """Yields every batch of the file in order; the parent has checked all but whether the model knows the tokens. Raises `torch/inputs`."""
    if not Path(path).is_file():
        raise UserError("torch/inputs", f"inputs: expected a file of batches, found nothing at {path}.")
    with open(path, encoding="utf-8") as lines:
        for index, line in enumerate(lines):
            try:
                batch = _batch(json.loads(line), index)
            except (ValueError, KeyError, TypeError, RuntimeError) as error:
                raise UserError("torch/inputs", f"{path}, line {index + 1}: expected a batch, found {type(error).__name__}: {first_line(error)}.") from error
            largest = int(torch.maximum(batch.input_ids, batch.labels).max())
            if largest >= vocabulary:
                raise UserError("torch/inputs", f"{path}, batch {batch.index}: expected ids of tokens from 0 to {vocabulary - 1}, found {largest}.")
            yield batch


def _batch(given: dict[str, Any], index: int) -> Batch:
    shape = (given["batch"], given["length"])

    def grid(name: str) -> torch.Tensor:
        return torch.tensor(given[name], dtype=torch.int64).reshape(shape)

    def optional(name: str) -> torch.Tensor | None:
        return grid(name) if name in given else None

    more = {name: given[name] for name in ("truncated", "rows") if name in given}
    return Batch(given.get("index", index), grid("inputIds"), grid("attentionMask"), grid("labels"), optional("positionIds"), optional("tokenTypeIds"), **more)
