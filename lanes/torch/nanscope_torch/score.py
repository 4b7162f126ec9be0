"""Loss and answer of every supervised token, and the figures of a whole set: sums over tokens, never means of means."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F


@dataclass
class Scores:
    """Of one batch, on the host, one entry a supervised token."""

    places: torch.Tensor
    labels: torch.Tensor
    losses: list[float]
    answers: list[int]

    @property
    def finite(self) -> bool:
        return all(map(math.isfinite, self.losses))


def token_losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """[N] in nats, float32 or as wide as the logits. Half logits are widened first, as transformers does."""
    return F.cross_entropy(logits if logits.dtype is torch.float64 else logits.float(), labels, reduction="none")


def answers_of(logits: torch.Tensor) -> torch.Tensor:
    """int64 [N]: the largest logit's token, -1 where a logit is NaN or the largest is infinite: that is no answer."""
    if logits.shape[0] == 0:
        return torch.empty(0, dtype=torch.int64)
    largest, answer = logits.max(dim=-1)
    return torch.where(torch.isfinite(largest) & ~torch.isnan(logits).any(dim=-1), answer, -1)


@dataclass
class Accumulator:
    """The metrics of everything added so far. Nothing that is not finite is left out."""

    total: float = 0.0
    mean: float = 0.0
    squares: float = 0.0
    tokens: int = 0
    correct: int = 0
    unanswerable: int = 0
    rows: int = 0
    batches: int = 0
    seconds: float = 0.0
    input_tokens: int = 0
    non_finite: dict[str, int] = field(default_factory=lambda: {"nan": 0, "posInf": 0, "negInf": 0})

    def add(self, scores: Scores) -> None:
        for loss, answer, label in zip(scores.losses, scores.answers, scores.labels.tolist()):
            self.total += loss
            self.tokens += 1
            apart = loss - self.mean
            self.mean += apart / self.tokens
            self.squares += apart * (loss - self.mean)
            self.correct += answer == label
            self.unanswerable += answer < 0
            if math.isnan(loss):
                self.non_finite["nan"] += 1
            elif math.isinf(loss):
                self.non_finite["posInf" if loss > 0 else "negInf"] += 1

    def record(self) -> dict[str, Any]:
        """`metrics` of a lane's record."""
        loss = self.total / self.tokens if self.tokens else math.nan
        error = math.sqrt(self.squares / (self.tokens - 1) / self.tokens) if self.tokens > 1 else math.nan
        return {
            "loss": loss,
            **({"lossError": error} if math.isfinite(error) else {}),
            "perplexity": math.inf if loss > 709 else math.exp(loss),
            "accuracy": self.correct / self.tokens if self.tokens else math.nan,
            "tokens": self.tokens,
            "unanswerable": self.unanswerable,
            "rows": self.rows,
            "batches": self.batches,
            "seconds": self.seconds,
            "tokensPerSecond": self.input_tokens / self.seconds if self.seconds else 0.0,
            "nonFinite": dict(self.non_finite),
        }
