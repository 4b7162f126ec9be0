"""The model of the tests of loops, what goes into it, and the record that a trace of it left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.SiLU(), nn.Linear(8, 4))


def ones(rows: int = 2) -> torch.Tensor:
    return torch.ones(rows, 6)


def record_of(place: Path) -> dict[str, Any]:
    return json.loads((place / "target" / "run.json").read_text())
