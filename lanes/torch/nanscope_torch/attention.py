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


class _Call:
    """What an attention or its backward pass was given, on the host: there is float64."""

    def __init__(self, facts: OpFacts, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.given = {argument: tensor.detach().cpu() for argument, _, tensor in named_tensors(facts, args, kwargs)}
        scalars = {**dict(zip(facts.arguments, args)), **kwargs}
        self.q, self.k, self.v = (self.given[name] for name in ("query", "key", "value"))
        self.mask = self.given.get("attn_mask", self.given.get("attn_bias"))
        self.causal = bool(scalars.get("is_causal", False))
        self.scale = scalars.get("scale") or 1 / math.sqrt(self.q.shape[-1])


def _finite(*tensors: torch.Tensor) -> bool:
    return all(bool(torch.isfinite(one).all()) for one in tensors)


def explain_attention(facts: OpFacts, args: tuple[Any, ...], kwargs: dict[str, Any], out: torch.Tensor) -> Optional[tuple[str, str]]:
    """Mechanism and evidence of the first NaN or infinity that is born here; nothing where the inputs held it already."""
    call = _Call(facts, args, kwargs)
    q, k, v, mask, causal, scale = call.q, call.k, call.v, call.mask, call.causal, call.scale
    out = out.cpu()
    if q.dim() != 4 or not _finite(q, k, v) or _finite(out):
        return None
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


def composed_gradients(call: _Call, upstream: torch.Tensor, dtype: torch.dtype) -> tuple[list[torch.Tensor], torch.Tensor]:
    """By query, key and value, written out, as autograd does not run in here; and which rows have no key. Those give zeros, and no gradient."""
    group = call.q.shape[1] // call.k.shape[1]
    q, k, v = call.q.to(dtype), *(one.to(dtype).repeat_interleave(group, dim=1) for one in (call.k, call.v))
    scores = scores_of(q, k, call.mask, call.causal, call.scale, dtype)
    empty = (scores == -math.inf).all(-1, keepdim=True)
    weights = torch.softmax(scores.masked_fill(empty, 0.0), -1).masked_fill(empty, 0.0)
    by_weights = upstream @ v.transpose(-1, -2)
    by_scores = weights * (by_weights - (by_weights * weights).sum(-1, keepdim=True)) * call.scale
    by_keys, by_values = ((one.transpose(-1, -2) @ other).unflatten(1, (-1, group)).sum(2) for one, other in ((by_scores, q), (weights, upstream)))
    return [by_scores @ k, by_keys, by_values], empty


def explain_gradient(facts: OpFacts, args: tuple[Any, ...], kwargs: dict[str, Any], gradient: torch.Tensor, output: int) -> Optional[tuple[str, str]]:
    """The same of its backward pass, for the gradient by query, key or value; nothing where what went in held it already."""
    call = _Call(facts, args, kwargs)
    upstream = call.given.get("grad_out", call.given.get("grad_out_"))
    gradient = gradient.cpu()
    if upstream is None or call.q.dim() != 4 or output > 2 or not _finite(call.q, call.k, call.v, upstream, call.given.get("out", upstream)) or _finite(gradient):
        return None
    name = ("query", "key", "value")[output]
    row, head, position, channel = (int(part[0]) for part in (~torch.isfinite(gradient)).nonzero(as_tuple=True))
    place = f"the gradient by {'the value of key' if name == 'value' else name} {position} of head {head} of batch row {row}"
    found = []
    for dtype in (torch.float32, torch.float64):
        gradients, empty = composed_gradients(call, upstream.to(dtype), dtype)
        found.append(float(gradients[output][row, head, position, channel]))
    single, exact = found
    words = f"{place} is, composed, {single} in float32 and {exact:.6g} in float64; {facts.name} gave {float(gradient[row, head, position, channel])}"
    group = call.q.shape[1] // call.k.shape[1]
    masked = empty[row, head if name == "query" else slice(head * group, (head + 1) * group)].sum()
    if int(masked) > 0 and (name != "query" or bool(empty[row, head, position])):
        return "fully masked row", f"{int(masked)} queries that it takes part in have 0 allowed keys; {words}"
    if math.isfinite(exact) and abs(exact) > torch.finfo(gradient.dtype).max:
        return "cast overflow", f"{words}: beyond the largest {str(gradient.dtype)[6:]}"
    if math.isfinite(single) and math.isfinite(exact):
        return "kernel fault", f"{words}: the kernel is suspected"
    return "overflow", words
