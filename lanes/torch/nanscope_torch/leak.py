"""Does the future leak? Tokens from a position on are changed; logits before it must not move.

The controls are the same batch again, and with its rows among others. Tokens that share a product with others, as those of one expert
do, may be rounded otherwise beside other tokens, and the controls may miss that. Such a rounding takes a few values, whichever tokens
come later; a leak gives another for each. So the tokens of a model with experts are changed several times, and all runs must differ.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import torch

from .inputs import IGNORED, Batch
from .model import Loaded, widened

MOST_LEAKS = 64
ROWS = 4
CHANGES = 4
"""Of the later tokens, in a model with experts."""


def _logits(loaded: Loaded, batch: Batch) -> torch.Tensor:
    with torch.no_grad():
        return widened(loaded(loaded.inputs(batch)).logits).cpu()


def _distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """0 for the same value or two NaN, infinity where only the class tells them apart."""
    same = (a == b) | (a.isnan() & b.isnan())
    apart = (a - b).abs()
    return torch.where(same, 0.0, torch.where(apart.isnan(), torch.inf, apart))


def _moves(one: torch.Tensor, other: torch.Tensor, noise: float) -> tuple[torch.Tensor, torch.Tensor]:
    """bool [B,T]: where a number is another, and where a class is."""
    apart = _distance(one, other)
    return ((apart > noise) & apart.isfinite()).any(-1), apart.isinf().any(-1)


def check_leaks(loaded: Loaded, batch: Batch) -> dict[str, Any]:
    """`leak` of a lane's record, over the first rows; cuts at the last position and in the middle."""
    batch = batch.each(lambda grid: grid[:ROWS])
    rows, length = batch.shape
    vocabulary = loaded.record()["vocabulary"]
    before = _logits(loaded, batch)
    among = batch.each(lambda grid: torch.cat([grid.flip(0), grid]))
    among.input_ids[rows:] = (among.input_ids[rows:] + 1) % vocabulary
    controls = (_logits(loaded, batch), _logits(loaded, among)[:rows].flip(0))
    apart = torch.stack([_distance(before, control) for control in controls]).amax(0)
    noise = 4 * float(torch.where(apart.isfinite(), apart, 0.0).max())
    # A position that is a number in one run and none in the next says nothing, whatever its tokens are.
    steady = apart.isfinite().all(-1)
    changes = CHANGES if any("expert" in name for name, _ in loaded.model.named_modules()) else 1
    found: dict[str, dict[tuple[int, int], int]] = {"leaks": {}, "reached": {}}
    for start in {length - 1, (length + 1) // 2} - {0}:
        later = (torch.arange(length) >= start) & (batch.attention_mask == 1)
        ids = [torch.where(later, (batch.input_ids + by) % vocabulary, batch.input_ids) for by in range(1, changes + 1)]
        after = [_logits(loaded, replace(batch, input_ids=each)) for each in ids]
        pairs = [_moves(*pair, noise) for pair in combinations((before, *after), 2)]
        moved = torch.stack([numbers for numbers, _ in pairs]).all(0)
        # A class is no matter of rounding: once is enough.
        reached = torch.stack([classes for _, classes in pairs[:changes]]).any(0)
        for row, position in ((moved | reached) & steady)[:, :start].nonzero().tolist():
            kind = found["leaks" if bool(moved[row, position]) else "reached"]
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
