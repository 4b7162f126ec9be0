"""What is known of ATen ops before they run: their names, what they write, which only look at memory, what may look bad and is meant."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Iterator, NamedTuple, Optional

import torch

# Outputs that are all of the input's elements under another shape: they compute nothing and are followed, not recorded.
SEEN_THROUGH = frozenset(
    "view _unsafe_view reshape _reshape_alias t transpose.int permute unsqueeze squeeze squeeze.dim squeeze.dims expand detach alias lift_fresh view_as_real view_as_complex flatten.using_ints".split()
)

# Memory that nobody has written yet: whatever it holds is not the program's.
UNINITIALISED = ("empty", "new_empty")

# They read the shape of what they are given, not its numbers.
SHAPE_ONLY = frozenset("ones_like zeros_like full_like empty_like rand_like randn_like new_ones new_zeros new_full new_empty new_empty_strided".split())

# Outputs that do not depend on the numbers that go in beside them, with the reason: that one is finite hides nothing.
INDEPENDENT = {
    "nll_loss_forward:1": "how many labels count, whatever their losses are",
    "nll_loss_backward:0": "the gradient by the scores of the labels, whatever these are",
    "native_dropout:1": "which elements were dropped",
}

# Further outputs that hold what no caller reads as a number, with the reason.
SECOND_OUTPUTS: dict[str, str] = {
    "_scaled_dot_product_attention_math_for_mps": "the second output is scratch memory of the kernel, which no caller reads",
    "_scaled_dot_product_flash_attention_for_cpu": "the logarithm of a sum of weights: -inf for a query without a key",
    **dict.fromkeys(
        (
            *(f"_scaled_dot_product_{kind}" for kind in ("flash_attention", "efficient_attention", "cudnn_attention", "fused_attention_overrideable")),
            *("_flash_attention_forward", "_efficient_attention_forward"),
        ),
        "the logarithm of a sum of weights, and the state of the random numbers",
    ),
}
NORMS = frozenset("native_layer_norm _fused_rms_norm native_group_norm var_mean var std".split())
AVERAGES = frozenset("mean var std var_mean std_mean".split())
ATTENTION = frozenset(name for name in SECOND_OUTPUTS if "scaled_dot_product" in name) | {"_scaled_dot_product_attention_math"}


@dataclass
class OpFacts:
    """Of one overload, worked out once."""

    func: Any
    name: str
    """`add.Tensor`, `addmm`; of another library than ATen with its namespace."""
    arguments: list[str] = field(default_factory=list)
    written: frozenset[str] = frozenset()
    """Names of the arguments that are written to."""
    seen_through: bool = False
    picks: bool = False
    """A view of some of the elements."""
    composite: bool = False
    uninitialised: bool = False
    shape_only: bool = False
    elementwise_lists: bool = False
    """`_foreach_*`, `_fused_adamw_`: the n-th tensor of each list belongs to the n-th output."""

    @property
    def base(self) -> str:
        return self.name.split(".")[0]


def has_kernel(func: Any, key: str) -> bool:
    return torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), key)


def facts_of(func: Any, device_type: str = "cpu") -> OpFacts:
    schema = func._schema
    namespace, _, base = schema.name.partition("::")
    overload = f".{schema.overload_name}" if schema.overload_name else ""
    name = f"{base}{overload}" if namespace == "aten" else f"{namespace}::{base}{overload}"
    written = frozenset(argument.name for argument in schema.arguments if argument.alias_info is not None and argument.alias_info.is_write)
    views = any(result.alias_info is not None and not result.alias_info.is_write for result in schema.returns)
    seen = name in SEEN_THROUGH
    return OpFacts(
        func=func,
        name=name,
        arguments=[argument.name for argument in schema.arguments],
        written=written,
        seen_through=seen,
        picks=views and not seen,
        # One that has a kernel for the device runs as that: taken apart it gives other numbers.
        composite=has_kernel(func, "CompositeImplicitAutograd") and not has_kernel(func, device_type.upper()),
        uninitialised=base.startswith(UNINITIALISED) and not written,
        shape_only=base in SHAPE_ONLY,
        elementwise_lists=base.startswith(("_foreach_", "_fused_adam", "_fused_sgd", "_amp_foreach")),
    )


def named_tensors(facts: OpFacts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[tuple[str, str, torch.Tensor]]:
    """`(argument, shown name, tensor)` of every tensor that goes in; those of lists as `tensors.0`."""
    for argument, value in (*zip(facts.arguments, args), *kwargs.items()):
        if isinstance(value, torch.Tensor):
            yield argument, argument, value
        elif isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                if isinstance(item, torch.Tensor):
                    yield argument, f"{argument}.{index}", item


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    return (each for each in _flat(value) if isinstance(each, torch.Tensor))


class Output(NamedTuple):
    place: int
    """Among all results of the call, those that are left out (the gradient of what is frozen) counted; behind them what it only wrote to."""
    tensor: torch.Tensor
    item: int
    """Its place in the list that it belongs to."""


def outputs_of(facts: OpFacts, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> list[Output]:
    """What a call gives: the tensors it returns, then those that it wrote to and does not return."""
    results = [] if result is None else list(_flat(result))
    outputs = [Output(place, tensor, place) for place, tensor in enumerate(results) if isinstance(tensor, torch.Tensor)]
    returned = {id(output.tensor) for output in outputs}
    written = [(shown, tensor) for argument, shown, tensor in named_tensors(facts, args, kwargs) if argument in facts.written and id(tensor) not in returned]
    return outputs + [Output(len(results) + place, tensor, int(shown.partition(".")[2] or 0)) for place, (shown, tensor) in enumerate(written)]


def constant_asked_for(args: tuple[Any, ...], kwargs: dict[str, Any]) -> float | None:
    """A number among the arguments that is not finite: the program itself asks for the value."""
    for value in (*args, *kwargs.values()):
        if isinstance(value, float) and not math.isfinite(value):
            return value
    return None


def explain_nothing(base: str, each: int, eps: Optional[float]) -> Optional[tuple[str, str]]:
    """
    Where finite numbers give a NaN that is right, a division of 0 by 0 that nobody wrote.

    each: how many elements go into one of the result
    """
    if base.startswith("nll_loss"):
        return "0 / 0", "no label counts, so that the mean loss is over none of them"
    if base in AVERAGES and each <= (0 if base == "mean" else 1):
        return "0 / 0", f"{base} over {each} element{'' if each == 1 else 's'}"
    if base in NORMS and eps == 0:
        return "0 / 0", f"{base} with eps 0, of elements that have no spread"
    return None
