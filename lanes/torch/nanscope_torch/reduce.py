"""The `reduce-case` task: the op in which a NaN or an infinity is born, alone, on the smallest inputs that still show it; the parent writes the script."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Iterator
from typing import Any, Optional

import torch
import torch.nn.functional as F

from .ask import dtype_of
from .attention import composed_attention, scores_of
from .errors import UserError, first_line
from .evaluate import open_batch
from .folder import Channel
from .ops import ATTENTION, OpFacts, facts_of
from .outputs import save_outputs
from .score import score, under
from .tap import Tap
from .versions import variables

Arguments = dict[str, Any]
WORDS = {"number": "a wrong number"}
MOST_VALUES = 64
"""Numbers that a script may hold of a tensor."""


class Captured(Exception):
    """The op was reached: what follows it is not computed."""


class Call:
    """One call of an op, by its public function where it is attention: what a reader would write."""

    def __init__(self, func: Any, facts: OpFacts, args: tuple[Any, ...], kwargs: dict[str, Any], output: int) -> None:
        given = {**dict(zip(facts.arguments, args)), **kwargs}
        self.output = output
        self.arguments: Arguments = {name: value.detach().clone() if isinstance(value, torch.Tensor) else value for name, value in given.items()}
        self.func, self.words = func, f"torch.ops.{str(func)}"
        self.attention = facts.base in ATTENTION
        if self.attention:
            mask = self.arguments.get("attn_mask", self.arguments.get("attn_bias"))
            kept = {name: self.arguments[name] for name in ("query", "key", "value")}
            if mask is not None:
                # Where a key may be seen, as a boolean: what was added is 0 or -inf.
                plain = mask.dtype is not torch.bool and bool(((mask == 0) | (mask == -math.inf)).all())
                kept["attn_mask"] = mask == 0 if plain else mask
            kept.update({name: self.arguments[name] for name in ("is_causal", "scale") if self.arguments.get(name)})
            self.arguments, self.output = kept, 0
            self.func, self.words = F.scaled_dot_product_attention, "torch.nn.functional.scaled_dot_product_attention"

    def __call__(self, arguments: Arguments) -> torch.Tensor:
        with torch.no_grad():
            result = self.func(**{name: value.clone() if isinstance(value, torch.Tensor) else value for name, value in arguments.items()})
        return result if isinstance(result, torch.Tensor) else result[self.output]


def broken(kind: str, call: Call, arguments: Arguments, own: bool) -> torch.Tensor:
    """Flat, which elements of the result show the fault; with `own` those alone that are finite in float64. None of a call that cannot be made."""
    try:
        out = call(arguments).cpu().reshape(-1)
        exact = expected_of(call, arguments)[0].reshape(-1)
        if kind == "number":
            return (out.double() - exact).abs() > allowed(call, arguments)
    except (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError):
        return torch.zeros(0, dtype=torch.bool)
    found = out.isnan() if kind == "NaN" else out.isinf()
    return found & exact.isfinite() if own else found


def allowed(call: Call, arguments: Arguments) -> torch.Tensor:
    """Flat, how far from float64 a right kernel may lie: some times what one rounding of every input does, or one of the result."""
    eps = torch.finfo(call(arguments).dtype).eps
    exact = expected_of(call, arguments)[0]
    # A size that is not finite loosens nothing elsewhere.
    response = eps * (exact.abs() + torch.where(exact.isfinite(), exact, 0.0).square().mean().sqrt())
    tensors = [value for value in arguments.values() if isinstance(value, torch.Tensor)]
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)

        def moved(value: Any, generator: torch.Generator = generator) -> Any:
            if not isinstance(value, torch.Tensor) or not value.is_floating_point():
                return value
            signs = torch.randint(0, 2, value.shape, generator=generator) * 2 - 1
            return value.cpu().double() * (1 + eps * signs)

        away = (expected_of(call, {name: moved(value) for name, value in arguments.items()})[0] - exact).abs()
        response = torch.maximum(response, away)
    return (4 + 2 * math.sqrt(sum(max(tensor.shape, default=1) for tensor in tensors))) * response.reshape(-1)


def finite_inputs(arguments: Arguments) -> bool:
    """Masks apart, which hold -inf on purpose."""
    return not any(isinstance(value, torch.Tensor) and value.is_floating_point() and bool((value.isnan() | value.isposinf()).any()) for value in arguments.values())


def expected_of(call: Call, arguments: Arguments) -> tuple[torch.Tensor, str]:
    """What the call should give, and what that rests on."""
    exact = {name: value.cpu().double() if isinstance(value, torch.Tensor) and value.is_floating_point() else value.cpu() if isinstance(value, torch.Tensor) else value for name, value in arguments.items()}
    if call.attention:
        q, k, v = (exact[name] for name in ("query", "key", "value"))
        how = (exact.get("attn_mask"), bool(exact.get("is_causal")), exact.get("scale") or 1 / math.sqrt(q.shape[-1]), torch.float64)
        empty = (scores_of(q, k, *how) == -math.inf).all(-1, keepdim=True)
        out = torch.where(empty, 0.0, composed_attention(q, k, v, *how))
        return out, "a query without a key gives zeros, as in PyTorch from 2.5 on" if bool(empty.any()) else "the formula in float64"
    return call(exact), "the same call in float64 on the CPU"


def smaller(arguments: Arguments) -> Iterator[Arguments]:
    """One step smaller each: axes of one size to half or to one index, then numbers that say less."""
    tensors = {name: value for name, value in arguments.items() if isinstance(value, torch.Tensor)}
    for size in sorted({size for tensor in tensors.values() for size in tensor.shape if size > 1}, reverse=True):
        axes = [(name, axis) for name, tensor in tensors.items() for axis, length in enumerate(tensor.shape) if length == size]
        half = size // 2
        # All axes of that length at once, then those of one place, then each alone: batch, heads, queries and keys may be as long.
        groups = [axes, *([each for each in axes if each[1] == axis] for axis in {axis for _, axis in axes}), *([each] for each in axes)]
        for group in groups:
            for start, length in ((0, 1), (size - 1, 1), (0, half), (half, size - half)):
                # A shape among the arguments, as that of a norm, goes with the axes of its length.
                cut = {name: [length if each == size else each for each in value] if group is axes and isinstance(value, (list, tuple)) else value for name, value in arguments.items()}
                for name, axis in group:
                    cut[name] = cut[name].narrow(axis, start, length)
                yield cut
    for name, tensor in tensors.items():
        if tensor.is_floating_point():
            for plain in (torch.zeros_like(tensor), torch.ones_like(tensor), (tensor * 8).round() / 8):
                if torch.equal(plain, tensor):
                    break  # Those that follow say more than it does.
                yield {**arguments, name: plain}


def shrink(arguments: Arguments, fails: Callable[[Arguments], bool], until: float) -> tuple[Arguments, int, bool]:
    """Takes the first step that still fails, again and again. Returns the arguments, the calls tried, and whether no step is left."""
    tried = 0
    while True:
        for candidate in smaller(arguments):
            if time.monotonic() > until:
                return arguments, tried, False
            tried += 1
            if fails(candidate):
                arguments = candidate
                break
        else:
            return arguments, tried, True


def capture(task: dict[str, Any], key: str, batch_index: int) -> Call:
    """Runs the batch until the op, in the phase that its key begins with."""
    loaded, batch = open_batch(task, batch_index)
    tap = Tap(loaded.model, loaded.device)
    found: list[Call] = []

    def run(op_key: Optional[str], func: Any, facts: OpFacts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if op_key == key.rpartition(":")[0]:
            found.append(Call(func, facts, args, kwargs, int(key.rpartition(":")[2])))
            raise Captured
        return func(*args, **kwargs)

    tap.run = run
    try:
        if key.startswith("backward/"):
            save_outputs(None, loaded, batch, under(tap), gradients=True)
        else:
            score(loaded, batch, under(tap))
    except (Captured, RuntimeError):
        if not found:
            raise
    if not found:
        raise UserError("reduce/not-reproduced", f"expected the call {key} in batch {batch_index} as in the run, found none. Run the evaluation again, with the same model and data.")
    return found[0]


def kept_call(path: str, key: str) -> Call:
    """What `trace` left of the call in its folder."""
    try:
        kept = torch.load(path, weights_only=True)
        func = torch.ops
        for name in kept["op"].split("."):
            func = getattr(func, name)
    except Exception as error:  # A broken file raises anything.
        raise UserError("reduce/not-reproduced", f"{path}: expected a call that can be made here, found {type(error).__name__}: {first_line(error)}. Trace the loop again.") from error
    return Call(func, facts_of(func), kept["args"], kept["kwargs"], int(key.rpartition(":")[2]))


def numbers(name: str, tensor: torch.Tensor) -> dict[str, Any]:
    """All of a small tensor, and what it is here and in a record."""
    values = (tensor.int() if tensor.dtype is torch.bool else tensor).cpu().reshape(-1).tolist()
    return {"name": name, "shape": list(tensor.shape), "dtype": dtype_of(tensor), "type": str(tensor.dtype), "values": values}


def reduced(call: Call, kind: str, key: str, budget: float) -> dict[str, Any]:
    """The message about the smallest arguments that were found. Raises `reduce/nothing`, `reduce/not-reproduced`."""
    started = time.monotonic()
    if not finite_inputs(call.arguments):
        raise UserError("reduce/nothing", f"{key}: expected an op whose inputs are finite, found one that is given what is not. Mend the weight or the input that the report names.")
    # Smaller numbers soon make a 0 / 0, which is no fault: what float64 had right has to stay so.
    own = bool(broken(kind, call, call.arguments, True).any())

    def fails(arguments: Arguments) -> bool:
        return bool(broken(kind, call, arguments, own).any()) and finite_inputs(arguments)

    if not fails(call.arguments):
        if kind == "number" and any(isinstance(value, torch.Tensor) and value.dtype is torch.float64 for value in call.arguments.values()):
            raise UserError("reduce/not-reproduced", f"{key}: expected an op that float64 says more of, found one that is computed in float64, beside which there is nothing finer. Hold it against another version or device.")
        raise UserError("reduce/not-reproduced", f"expected {WORDS.get(kind, kind)} from {key} on the inputs of the run alone, found none. It needs more than its inputs: memory left by other calls, or a kernel that is not repeatable.")
    size = sum(value.numel() for value in call.arguments.values() if isinstance(value, torch.Tensor))
    arguments, tried, minimal = shrink(call.arguments, fails, started + budget)
    expected, why = expected_of(call, arguments)
    index = int(broken(kind, call, arguments, own).to(torch.uint8).argmax())
    room = float(allowed(call, arguments)[index]) if kind == "number" else 0.0
    largest = max((tensor.numel() for tensor in arguments.values() if isinstance(tensor, torch.Tensor)), default=0)
    if largest > MOST_VALUES:
        raise UserError("reduce/not-reproduced", f"expected a call of at most {MOST_VALUES} numbers a tensor, found that {largest} are needed for {WORDS.get(kind, kind)}. Give it more time with --budget.")
    knobs = [f"{name}={value}" for name, value in variables().items()]
    device = next(value.device for value in arguments.values() if isinstance(value, torch.Tensor))
    return dict(
        kernel=call.words.rpartition(".")[2] if call.attention else str(call.func), call=call.words, named=call.attention, output=call.output,
        attributes={name: value for name, value in arguments.items() if isinstance(value, (bool, int, float, str))},
        arguments=[[name, None if isinstance(value, torch.Tensor) else repr(value)] for name, value in arguments.items()],
        operands=[numbers(name, value) for name, value in arguments.items() if isinstance(value, torch.Tensor)], index=index, got=float(call(arguments).reshape(-1)[index]),
        expected=float(expected.reshape(-1)[index]), why=why, room=room,
        torch=torch.__version__, device=str(device), machine=", ".join([f"Python {platform.python_version()}, {platform.platform()}, {device}", *knobs]),
        **{"from": size}, tried=tried, seconds=time.monotonic() - started, minimal=minimal,
    )  # fmt: skip


def run_reduce(task: dict[str, Any], channel: Channel) -> None:
    own = task.get("task") or {}
    key, kind, batch, budget, kept = (own.pop(name, None) for name in ("op", "fault", "batch", "budget", "call"))
    channel.send("loading", what="reading the call" if kept else "running the batch up to the op")
    started = time.monotonic()
    call = kept_call(kept, key) if kept else capture(task, key, batch)
    channel.send("loading", what="reducing its numbers")
    channel.send("reduced", **reduced(call, kind, key, budget - (time.monotonic() - started)))
