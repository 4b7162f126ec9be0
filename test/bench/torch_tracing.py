"""What tracing costs on a GPT-2 shape, beside torch's own DebugMode, in one run: `PYTHONPATH=lanes/torch python test/bench/torch_tracing.py`.

Processor time of the fastest round, the ways taken in turn: on a machine with other work wall time says more about that.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from typing import Any, Callable, ContextManager

import torch

from nanscope_torch.tap import Tap
from nanscope_torch.versions import summary


def _model(layers: int) -> torch.nn.Module:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(n_layer=layers)).eval()


def ways(model: torch.nn.Module) -> dict[str, Callable[[], ContextManager[Any]]]:
    """Name -> what to open around a step. DebugMode where this torch has it."""
    health = Tap(model, torch.device("cpu"))
    found: dict[str, Callable[[], ContextManager[Any]]] = {
        "off": contextlib.nullcontext,
        "gate": contextlib.nullcontext,
        "health": lambda: health,
    }
    try:
        from torch.utils._debug_mode import DebugMode

        found["DebugMode"] = DebugMode
    except ImportError:
        pass
    return found


def measure(model: torch.nn.Module, *, rows: int, length: int, rounds: int, train: bool) -> dict[str, float]:
    """Processor seconds of the fastest round of each way."""
    ids = torch.randint(0, 50257, (rows, length), generator=torch.Generator().manual_seed(0))
    best: dict[str, float] = {}
    opens = ways(model)
    for each in range(rounds + 1):
        for name, opened in opens.items():
            context = opened()
            began = time.process_time()
            with context, torch.set_grad_enabled(train):
                loss = model(input_ids=ids, labels=ids, use_cache=False).loss
                if train:
                    loss.backward()
            if isinstance(context, Tap):
                context.take()
            if name == "gate":
                torch.isfinite(loss).item()
            took = time.process_time() - began
            model.zero_grad(set_to_none=True)
            if each > 0:  # The first is for warming up.
                best[name] = min(took, best.get(name, took))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--rows", type=int, default=2)
    parser.add_argument("--length", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--train", action="store_true", help="forward and backward")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    best = measure(_model(options.layers), rows=options.rows, length=options.length, rounds=options.rounds, train=options.train)
    if options.json:
        print(json.dumps({"versions": summary(), "threads": torch.get_num_threads(), "processorSeconds": best, "ratio": {name: took / best["off"] for name, took in best.items()}}))
        return
    what = "forward and backward" if options.train else "forward and loss"
    print(f"{what}, GPT-2 of {options.layers} layers, {options.rows} rows of {options.length}, {summary()}, {torch.get_num_threads()} threads, best of {options.rounds}, processor time")
    for name, took in best.items():
        print(f"  {name:<18} {took * 1000:9.1f} ms  {took / best['off']:6.3f}x")


if __name__ == "__main__":
    main()
