"""Forward pass, loss and answer of every supervised token, and the figures of a whole set: sums over tokens, never means of means."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

import torch
import torch.nn.functional as F

from .inputs import Batch
from .model import Loaded, widened
from .tap import Tap

Compute = Callable[[Optional[Tap]], Any]
Observe = Callable[[Batch, Compute], Any]
"""Runs what is computed of a batch, under a tap or none."""


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
    return F.cross_entropy(widened(logits), labels, reduction="none")


def losses_of(loaded: Loaded, batch: Batch, tap: Optional[Tap] = None, *, gradients: bool = False, **more: Any) -> tuple[Any, torch.Tensor, torch.Tensor]:
    """What the model gives for a batch, its logits where a label is, and their losses; with `gradients` those of the mean loss are left in the parameters."""
    inputs = loaded.inputs(batch)
    places, labels = (part.to(loaded.device) for part in batch.supervised())
    if tap:
        tap.recorder.name({**inputs, "labels": labels})
        tap.phase = "forward"
    result = loaded(inputs, **more)
    chosen = result.logits.reshape(-1, result.logits.shape[-1])[places]
    if tap:
        tap.phase = "loss"
    losses = token_losses(chosen, labels)
    if gradients:
        mean = losses.mean()
        if tap:
            tap.phase = "backward"
        mean.backward()
    return result, chosen, losses


def score(loaded: Loaded, batch: Batch, observe: Optional[Observe] = None) -> Scores:
    """Forward, loss and answers of one batch. A batch without a label computes nothing."""
    places, labels = batch.supervised()
    if len(places) == 0:
        return Scores(places, labels, [], [])

    def compute(tap: Optional[Tap]) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            _, chosen, losses = losses_of(loaded, batch, tap)
            if tap:
                tap.phase = "metrics"
            return losses, answers_of(chosen)

    losses, answers = observe(batch, compute) if observe else compute(None)
    return Scores(places, labels, losses.cpu().double().tolist(), answers.cpu().tolist())


def under(tap: Tap) -> Observe:
    """While the tap is open, and nothing else is done with what it sees."""

    def run(_batch: Batch, compute: Compute) -> Any:
        with tap:
            return compute(tap)

    return run


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
