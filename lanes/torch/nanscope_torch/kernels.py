"""The fused counters of accelerators. Each falls back to torch ops, and says so in its label."""

from __future__ import annotations

from typing import Callable, Optional

import torch

Kernel = Callable[[torch.Tensor, torch.Tensor], bool]
COMPOSED = "bits on the device, composed of torch ops"


def fused_counter(device: torch.device, full: bool) -> tuple[Optional[Kernel], str]:
    """The kernel for a device, and how the record calls it; None where torch ops do it."""
    return None, COMPOSED
