"""What happened inside a fused attention op: the op again, composed, in float32 and float64, on the inputs it was given."""

from __future__ import annotations

import math
from typing import Any, Optional

import torch

from .ops import OpFacts, named_tensors


def scores_of(q: torch.Tensor, k: torch.Tensor, mask: Optional[torch.Tensor], causal: bool, scale: float, dtype: torch.dtype) -> torch.Tensor:
    """[B,H,T,S] with the mask added; grouped keys are repeated."""
    if k.shape[1] != q.shape[1]:
        k = k.repeat_interleave(q.shape[1] // k.shape[1], dim=1)
    scores = q.to(dtype) @ k.to(dtype).transpose(-1, -2) * scale
    if causal:
        scores = scores.masked_fill(~torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).tril(), -math.inf)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype is torch.bool else scores + mask.to(dtype)
    return scores


def composed_attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: Optional[torch.Tensor], causal: bool, scale: float, dtype: torch.dtype) -> torch.Tensor:
    """softmax(q k^T scale + mask) v, as the formula has it: a row without a key is NaN."""
    if v.shape[1] != q.shape[1]:
        v = v.repeat_interleave(q.shape[1] // v.shape[1], dim=1)
    return torch.softmax(scores_of(q, k, mask, causal, scale, dtype), -1) @ v.to(dtype)


def explain_attention(facts: OpFacts, args: tuple[Any, ...], kwargs: dict[str, Any], out: torch.Tensor) -> Optional[tuple[str, str]]:
    """Mechanism and evidence of the first NaN or infinity that is born here; nothing where the inputs held it already."""
    given = {argument: tensor for argument, _, tensor in named_tensors(facts, args, kwargs)}
    scalars = {**dict(zip(facts.arguments, args)), **kwargs}
    q, k, v = (given[name].detach() for name in ("query", "key", "value"))
    if q.dim() != 4 or any(bool((~torch.isfinite(one)).any()) for one in (q, k, v)):
        return None
    # float64 where the device has it: on the host.
    q, k, v, out = (one.cpu() for one in (q, k, v, out))
    mask = given.get("attn_mask", given.get("attn_bias"))
    mask = mask.detach().cpu() if mask is not None else None
    causal = bool(scalars.get("is_causal", False))
    scale = scalars.get("scale") or 1 / math.sqrt(q.shape[-1])
    if mask is not None and bool(torch.isnan(mask.float()).any()):
        return "inherited", "the mask that was added holds NaN"
    row, head, query, channel = (int(part[0]) for part in (~torch.isfinite(out)).nonzero(as_tuple=True))
    exact = scores_of(q, k, mask, causal, scale, torch.float64)[row, head, query]
    single = scores_of(q, k, mask, causal, scale, torch.float32)[row, head, query]
    keys = exact.numel()
    place = f"query {query} of head {head} of batch row {row}"
    allowed = int((exact > -math.inf).sum())
    if allowed == 0:
        queries = int(torch.isnan(out[row, head]).any(-1).sum())
        first = f"key 0 to key {keys - 1}"
        return "fully masked row", f"{place} has 0 allowed keys of {keys} ({first} are all -inf; {queries} such queries in that head): composed in float32 and in float64 the softmax of the row is NaN too, -inf - (-inf)"
    outputs = {dtype: composed_attention(q, k, v, mask, causal, scale, dtype)[row, head, query, channel] for dtype in (torch.float32, torch.float64)}
    if not bool(torch.isfinite(single).any()) or bool(single.isposinf().any()):
        key = int(single.abs().nan_to_num(posinf=math.inf).argmax())
        return "matmul overflow", f"the score of {place} and key {key} is {float(single[key])} in float32 and {float(exact[key]):.6g} in float64"
    largest = int(exact.argmax())
    words = f"{place}, whose largest score is {float(exact[largest]):.6g} at key {largest}: composed it is {float(outputs[torch.float32])} in float32 and {float(outputs[torch.float64]):.6g} in float64"
    if all(bool(torch.isfinite(one)) for one in outputs.values()):
        if out.dtype is torch.float16 and abs(float(outputs[torch.float64])) > 65504:
            return "cast overflow", f"{words}, more than float16 holds"
        return "kernel fault", f"{words}; {facts.name} gave {float(out[row, head, query, channel])}: the kernel is suspected"
    return "overflow", words
