"""The PyTorch lane of nanscope: a person's own model, on their own device, with every ATen op counted by bits.

`python -m nanscope_torch` is how nanscope starts it (PROTOCOL.md); `trace` is for a loop of your own.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.2.0"
PROTOCOL = 1

__all__ = ["PROTOCOL", "__version__", "trace"]


def __getattr__(name: str) -> Any:
    # Loaded when it is asked for: a machine without torch can still say so in one line.
    if name == "trace":
        from .any_loop import trace

        return trace
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
