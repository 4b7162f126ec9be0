"""Does the future leak? Tokens from a position on are changed; logits before it must not move.

The control is the same batch again, and with its rows among others. Tokens that share a product with those of other rows, as those of
one expert do, may be rounded otherwise beside other tokens, and the controls may miss that: there a few last bits are no leak.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from .inputs import IGNORED, Batch
from .model import DTYPES, Loaded

MOST_LEAKS = 64
ROWS = 4
# Of the largest logit: what regrouping the tokens of an expert may change.
LAST_BITS = 8


def _logits(loaded: Loaded, batch: Batch) -> torch.Tensor:
    with torch.no_grad():
        return loaded(loaded.inputs(batch)).logits.float().cpu()


def _distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """0 for the same value or two NaN, infinity where only the class tells them apart."""
    same = (a == b) | (a.isnan() & b.isnan())
    apart = (a - b).abs()
    return torch.where(same, 0.0, torch.where(apart.isnan(), torch.inf, apart))


def _regrouped(loaded: Loaded, logits: torch.Tensor) -> float:
    """How far tokens beside others may move a logit: not at all, but in a model with experts."""
    if not any("expert" in name for name, _ in loaded.model.named_modules()):
        return 0.0
    eps = torch.finfo(DTYPES[loaded.dtype]).eps
    return LAST_BITS * eps * float(torch.where(logits.isfinite(), logits.abs(), 0.0).max())


def check_leaks(loaded: Loaded, batch: Batch) -> dict[str, Any]:
    """`leak` of a lane's record, over the first rows; cuts at the last position and in the middle."""
    batch = replace(batch, **{name: grid[:ROWS] for name, grid in vars(batch).items() if isinstance(grid, torch.Tensor)})
    rows, length = batch.shape
    vocabulary = loaded.record()["vocabulary"]
    before = _logits(loaded, batch)
    among = {name: torch.cat([grid.flip(0), grid]) for name, grid in vars(batch).items() if isinstance(grid, torch.Tensor)}
    among["input_ids"][rows:] = (among["input_ids"][rows:] + 1) % vocabulary
    controls = (_logits(loaded, batch), _logits(loaded, replace(batch, **among))[:rows].flip(0))
    apart = torch.stack([_distance(before, control) for control in controls]).amax(0)
    noise = max(4 * float(torch.where(apart.isfinite(), apart, 0.0).max()), _regrouped(loaded, before))
    # A position that is a number in one run and none in the next says nothing, whatever its tokens are.
    steady = apart.isfinite().all(-1)
    found: dict[str, dict[tuple[int, int], int]] = {"leaks": {}, "reached": {}}
    for start in {length - 1, (length + 1) // 2} - {0}:
        change = (torch.arange(length) >= start) & (batch.attention_mask == 1)
        ids = torch.where(change, (batch.input_ids + 1) % vocabulary, batch.input_ids)
        after = _logits(loaded, replace(batch, input_ids=ids))
        moved = ((_distance(before, after).amax(-1) > noise) & steady)[:, :start]
        numbers = torch.where(before.isfinite() & after.isfinite(), (before - after).abs(), 0.0).amax(-1)[:, :start] > noise
        for row, position in moved.nonzero().tolist():
            kind = found["leaks" if bool(numbers[row, position]) else "reached"]
            kind[row, position] = min(start, kind.get((row, position), start))

    def listed(kind: str) -> list[dict[str, Any]]:
        places = sorted(place for place in found[kind] if kind == "leaks" or place not in found["leaks"])
        return [
            {"row": row, "position": position, "from": found[kind][row, position], "live": int(batch.labels[row, position + 1]) != IGNORED}
            for row, position in places
        ]

    leaks, reached = listed("leaks"), listed("reached")
    record: dict[str, Any] = {"checked": rows * (length - 1), "leaks": leaks[:MOST_LEAKS], "leaksCut": max(0, len(leaks) - MOST_LEAKS)}
    if reached:
        record.update(reached=reached[:MOST_LEAKS], reachedCut=max(0, len(reached) - MOST_LEAKS))
    return record
