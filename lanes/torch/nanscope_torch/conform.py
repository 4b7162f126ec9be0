"""The `conform` task: torch's own attention on small hostile cases, held against the formula in float64 on the host."""

from __future__ import annotations

import math
import re
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Callable, ContextManager, Optional

import torch
import torch.nn.functional as F

from . import PROTOCOL, __version__
from .channel import Channel
from .errors import UserError, first_line
from .versions import settle_device, versions

Tensors = dict[str, Any]


@dataclass
class Case:
    """Attention on inputs made from a seed. `known` says which versions fail, where that is known, and why it matters."""

    name: str
    known: str
    why: str
    q: tuple[int, ...] = (1, 2, 8, 64)
    kv: Optional[tuple[int, ...]] = None
    dtype: torch.dtype = torch.float32
    value_dim: Optional[int] = None
    mask: Optional[Callable[[int, int], torch.Tensor]] = None
    causal: bool = False
    transposed: bool = False
    poison: bool = False
    grouped: bool = False
    masked_rows: str = "zeros"
    """What a query without a key must give: `zeros`, or for a finite fill the `mean` of the values."""
    options: dict[str, Any] = field(default_factory=dict)

    def tensors(self) -> Tensors:
        generator = torch.Generator().manual_seed(7)
        kv = self.kv or self.q

        def make(shape: tuple[int, ...]) -> torch.Tensor:
            if self.transposed:
                return torch.randn(shape[0], shape[2], shape[1], shape[3], generator=generator).to(self.dtype).transpose(1, 2)
            return torch.randn(shape, generator=generator).to(self.dtype)

        q, k, v = make(self.q), make(kv), make((*kv[:3], self.value_dim or kv[3]))
        if self.poison:
            q[0, 0, 0, 0] = math.nan
        mask = self.mask(self.q[2], kv[2]) if self.mask else None
        return {"query": q, "key": k, "value": v, "attn_mask": mask, "is_causal": self.causal, **({"enable_gqa": True} if self.grouped else {})}


def left_padded(queries: int, keys: int) -> torch.Tensor:
    """bool [1,1,T,S]: causal, and the first three keys are padding."""
    return (torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries) & (torch.arange(keys) >= 3))[None, None]


def float_mask(fill: float) -> Callable[[int, int], torch.Tensor]:
    return lambda queries, keys: torch.where(left_padded(queries, keys), 0.0, fill)


def broadcast(queries: int, keys: int) -> torch.Tensor:
    """bool [2,1,T,S], one mask for all heads of a row."""
    return torch.cat([left_padded(queries, keys), torch.ones(1, 1, queries, keys, dtype=torch.bool)])


def first_filled(queries: int, keys: int) -> torch.Tensor:
    """float [1,1,T,S]: of the first query every key is filled with the lowest finite number, of the others none."""
    mask = torch.zeros(queries, keys)
    mask[0] = torch.finfo(torch.float32).min
    return mask[None, None]


HALF, BRAIN = torch.float16, torch.bfloat16
CASES = [
    Case("plain", "", "the control: without it nothing here means anything"),
    Case("masked-row-bool", "NaN on cpu before 2.5 and on mps in 2.5 to 2.8", "left padding with a causal mask makes rows without a key", mask=left_padded),
    Case("masked-row-float", "NaN on cpu before 2.5 and on mps in 2.5 to 2.8", "the same mask as -inf that is added", mask=float_mask(-math.inf)),
    Case("masked-row-finite-fill", "", "a padded query sees every key alike, the future too", mask=float_mask(torch.finfo(torch.float32).min), masked_rows="mean"),
    Case("finite-fill-1024-keys", "mps to 2.15: 0 instead of the mean (read in its source, not reported)", "two kernels of one device that disagree about the same row", q=(1, 2, 4, 64), kv=(1, 2, 1024, 64), mask=first_filled, masked_rows="mean"),
    Case("causal-f16", "mps to 2.12.1 (f16, bf16): sees up to 3 future keys", "a leak that lowers the loss without any NaN", q=(1, 4, 64, 64), dtype=HALF, causal=True),
    Case("causal-bf16", "mps to 2.12.1 (f16, bf16): sees up to 3 future keys", "a leak that lowers the loss without any NaN", q=(1, 4, 17, 64), dtype=BRAIN, causal=True),
    Case("seven-queries", "mps 2.10: NaN with 7 or 8 batched queries", "speculative decoding and short prompts", q=(2, 4, 7, 64), kv=(2, 4, 40, 64), mask=left_padded),
    Case("eight-queries", "mps 2.10: NaN with 7 or 8 batched queries", "speculative decoding and short prompts", q=(2, 4, 8, 64), kv=(2, 4, 40, 64), mask=left_padded),
    Case("1024-keys", "mps to 2.10: reads outside of its input, other answers each time", "decoding beyond 1023 cached tokens", q=(1, 8, 1, 128), kv=(1, 2, 1024, 128), dtype=BRAIN, grouped=True),
    Case("33-keys", "mps to 2.10: reads outside of its input where keys are no multiple of 32", "nearly every prompt", q=(1, 2, 1, 64), kv=(1, 2, 33, 64)),
    Case("transposed", "mps 2.8 and to 2.11 for more than one row: wrong for permuted q, k, v", "every model makes its heads by a transpose", q=(2, 4, 16, 64), transposed=True, mask=left_padded),
    Case("broadcast-mask", "mps to 2.12: the offset of a broadcast mask is wrong", "transformers makes one mask for all heads", q=(2, 4, 8, 64), mask=broadcast),
    Case("other-value-size", "mps to 2.11: corrupt where values have another size than keys", "multi-head latent attention", value_dim=32),
    Case("nan-in-q", "mps to 2.13: a fused kernel loses the NaN", "an older lane can hide an upstream NaN", q=(1, 1, 4, 64), kv=(1, 1, 16, 64), poison=True),
    Case("decode-bool-mask", "mps to 2.12: wrong for at most 8 queries with a mask", "decoding of padded batches", q=(2, 4, 1, 64), kv=(2, 4, 12, 64), mask=left_padded),
    Case("decode-float-mask", "mps to 2.12: wrong for at most 8 queries with a mask", "decoding of padded batches", q=(2, 4, 1, 64), kv=(2, 4, 12, 64), mask=float_mask(-math.inf)),
    Case("odd-head-size", "NaN on cpu before 2.5 and on mps in 2.5 to 2.8", "sizes that no fused kernel of mps takes: another path", q=(1, 2, 16, 40), mask=left_padded),
    Case("3100-half-queries", "mps, half: the causal order is lost beyond 3068 rows (open)", "long prompts in half precision", q=(1, 1, 3100, 40), dtype=HALF, causal=True),
    Case("grouped-queries", "", "most models of today share keys among heads", q=(1, 8, 8, 64), kv=(1, 2, 8, 64), grouped=True, mask=left_padded),
]  # fmt: skip
REFUSED = Case("mask-and-causal", "", "both at once have no agreed meaning: it must be refused, or be their conjunction", mask=left_padded, causal=True)


def oracle(given: Tensors, masked_rows: str, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """softmax(q k^T / sqrt(D) + mask) v; a row without a key is 0, unless its fill is finite."""
    q, k, v = (given[name].to(dtype) for name in ("query", "key", "value"))
    k, v = (one.repeat_interleave(q.shape[1] // one.shape[1], dim=1) for one in (k, v))
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if given["is_causal"]:
        scores = scores.masked_fill(~torch.ones(scores.shape[-2:], dtype=torch.bool).tril(), -math.inf)
    mask = given["attn_mask"]
    if mask is not None:
        # A finite fill that swallows the score leaves all keys equal: that is the arithmetic of the type, not of the formula.
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype is torch.bool else torch.where(mask < -1e30, mask.to(dtype), scores + mask.to(dtype))
    weights = torch.softmax(scores, -1)
    if masked_rows == "zeros":
        weights = torch.where((scores == -math.inf).all(-1, keepdim=True), 0.0, weights)
    return weights @ v


def backends(device: torch.device) -> dict[str, ContextManager[Any]]:
    """Each that can be forced on this device. Forcing does nothing on mps, where the math entry picks Metal's kernels itself."""
    if device.type == "mps":
        return {"own": nullcontext()}
    from torch.nn.attention import SDPBackend, sdpa_kernel

    forced = {"flash": SDPBackend.FLASH_ATTENTION, "math": SDPBackend.MATH}
    if device.type == "cuda":
        forced.update(efficient=SDPBackend.EFFICIENT_ATTENTION, cudnn=SDPBackend.CUDNN_ATTENTION)
    return {"own": nullcontext(), **{name: sdpa_kernel(backend) for name, backend in forced.items()}}


def run_case(case: Case, device: torch.device, context: ContextManager[Any]) -> dict[str, Any]:
    """`{status, required, allowed, comparisons, controls, reason?}`: at most twice what the plain formula errs in the same type, and one step of it."""
    given = case.tensors()
    expected = oracle(given, case.masked_rows)
    plain = oracle(given, case.masked_rows, torch.float32)
    finite = torch.isfinite(expected) & torch.isfinite(plain)
    step = torch.finfo(case.dtype).eps * float(expected[finite].abs().max() if bool(finite.any()) else 1.0)
    # Half inputs are multiplied in half: their products and the weights are rounded once each.
    allowed = 2 * max(float((plain.double() - expected)[finite].abs().max()) if bool(finite.any()) else 0.0, step)
    try:
        with torch.no_grad(), context:
            moved = {name: value.to(device) if isinstance(value, torch.Tensor) else value for name, value in given.items()}
            if case.transposed:
                moved = {name: value.transpose(1, 2).contiguous().transpose(1, 2) if name in ("query", "key", "value") else value for name, value in moved.items()}
            out = F.scaled_dot_product_attention(**moved).double().cpu()
    except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
        return {"status": "refused", "reason": first_line(error), "required": "NaN", "allowed": allowed, "comparisons": [], "controls": []}
    same_class = bool(((torch.isnan(out) == torch.isnan(expected)) & (torch.isinf(out) == torch.isinf(expected))).all())
    required = float((out - expected)[torch.isfinite(expected)].abs().nan_to_num(nan=math.inf).max()) if bool(torch.isfinite(expected).any()) else 0.0
    required = required if same_class else math.inf
    passed = required <= allowed
    failure = None if passed else _failure(out, expected)
    # The case means nothing if the answer without its mask or causal order would pass as well.
    controls = []
    if case.mask or case.causal:
        wrong = oracle({**given, "attn_mask": None, "is_causal": False}, "zeros")
        controls.append({"name": "without the mask", "refuted": not float((wrong - expected).abs().nan_to_num(nan=math.inf).max()) <= allowed})
    status = "pass" if passed and all(control["refuted"] for control in controls) else "fail"
    comparison = {"name": "out", "compared": out.numel(), "required": required, "allowed": allowed, "passed": passed, **({"failure": failure} if failure else {})}
    return {"status": status, "required": required, "allowed": allowed, "comparisons": [comparison], "controls": controls, **({"reason": failure} if failure else {})}


def _failure(out: torch.Tensor, expected: torch.Tensor) -> str:
    apart = torch.where(torch.isnan(out) & torch.isnan(expected), 0.0, (out - expected).abs().nan_to_num(nan=math.inf))
    row, head, query, channel = (int(part) for part in torch.unravel_index(apart.argmax(), apart.shape))
    place = f"row {row}, head {head}, query {query}, channel {channel}"
    return f"expected {float(expected[row, head, query, channel]):.6g} at {place}, found {float(out[row, head, query, channel]):.6g}"


def passes(name: str, pattern: Optional[str]) -> bool:
    """A part of the id, or with `*` and `?` the whole of it."""
    if pattern is None or not set("*?") & set(pattern):
        return pattern is None or pattern in name
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), name) is not None


def run_conform(task: dict[str, Any], channel: Channel) -> None:
    device, label, _ = settle_device(task.get("device", "best"))
    settings = task.get("task") or {}
    names = {f"torch:{case.name};backend={backend}": (case, backend) for case in (*CASES, REFUSED) for backend in backends(device)}
    wanted = settings.get("cases") or [name for name in names if passes(name, settings.get("filter"))]
    unknown = next((name for name in wanted if name not in names), None)
    if unknown is not None:
        raise UserError("torch/protocol", f"the task: expected cases of {', '.join(names)}, found {unknown}.")
    channel.send("hello", protocol=PROTOCOL, version=__version__, **versions(), device=str(device), label=label)
    for name in wanted:
        case, backend = names[name]
        accuracy = f"at most twice the error of the formula in float32, or two steps of {str(case.dtype).replace('torch.', '')}"
        result = run_case(case, device, backends(device)[backend])
        channel.send("case", result={"id": name, "accuracy": accuracy, **result}, known=case.known, why=case.why, total=len(wanted))
