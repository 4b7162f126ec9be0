"""Names the mechanism by which an op came to hold a non-finite value, from counts, and from magnitudes where they were looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Optional

from .ops import ATTENTION, NORMS
from .traced_ops import Op

Counts = tuple[int, int, int]
Input = tuple[str, str, bool, Counts]  # name, key or name of the external, whether it is one, counts

PRODUCTS = frozenset("mm addmm bmm baddbmm linear matmul dot mv addmv convolution _grouped_mm".split())
PICKERS = frozenset("select slice split split_with_sizes unbind narrow index index_select gather embedding cat stack clone contiguous copy copy_ repeat repeat_interleave roll flip constant_pad_nd expand as_strided diagonal tril triu permute _to_copy".split())
MOVERS = PICKERS | frozenset("clamp clamp_min clamp_max amax amin max min maximum minimum relu where masked_fill masked_fill_ _softmax exp log sqrt add add_ sum mean cumsum index_add index_put index_put_ scatter scatter_add embedding_dense_backward".split())
SUMS = frozenset("add add_ sum mean cumsum index_add scatter_add embedding_dense_backward _foreach_add linalg_vector_norm norm".split())
SOFTMAX = frozenset("_softmax _log_softmax softmax log_softmax _safe_softmax logsumexp".split())
LARGEST = {"float16": 65504.0, "bfloat16": 3.39e38, "float32": 3.4028235e38, "float64": 1.797e308}


@dataclass(frozen=True)
class Mechanism:
    name: str
    evidence: str

    def record(self) -> dict[str, str]:
        return {"name": self.name, "evidence": self.evidence}


def carries_infinity(kernel: str, out: Counts, inputs: list[Counts]) -> bool:
    """Whether the infinities that came out may be those that went in: of the same sign, or through an op that can turn it."""
    plus, minus = any(counts[1] for counts in inputs), any(counts[2] for counts in inputs)
    if kernel.split(".")[0] in MOVERS and ((out[1] and not plus) or (out[2] and not minus)):
        return False
    return plus or minus


def _words(counts: Counts) -> str:
    return ", ".join(f"{count} {name}" for count, name in zip(counts, ("NaN", "+inf", "-inf")) if count) or "nothing"


def mechanism_of(op: Op, inputs: list[Input]) -> Mechanism:
    """The first rule that can show its evidence; `unknown` where none can."""
    assert op.health is not None
    out: Counts = (op.health["nan"], op.health["posInf"], op.health["negInf"])
    base = op.kernel.split(".")[0]
    given = tuple(sum(counts[kind] for *_, counts in inputs) for kind in range(3))
    gave = f"{op.kernel} gave {_words(out)}"
    poisoned = [one for one in inputs if any(one[3])]
    named = ", ".join(source for _, source, _, _ in poisoned)
    holds = given[0] > 0 if out[0] else carries_infinity(base, out, [counts for *_, counts in inputs])

    if op.asked_for is not None and not poisoned:
        return Mechanism("external input", f"the program asks {op.kernel} for {op.asked_for}")
    if poisoned and holds and all(external for _, _, external, _ in poisoned):
        return Mechanism("external input", "; ".join(f"{source} holds {_words(counts)}" for _, source, _, counts in poisoned) + ", before any op ran on it")
    if op.explained is not None:
        return Mechanism(*op.explained)
    if holds:
        return Mechanism("inherited", f"from {named}")
    if out[0] and given[2] and not given[1] and (base in SOFTMAX or base in ATTENTION):
        return Mechanism("fully masked row", f"{named} holds -inf but no NaN and no +inf: a row of the softmax is NaN only when all of it is -inf; {gave}")
    if out[0] and given[1] + given[2]:
        name = _of_infinities(base, poisoned)
        if name:
            return Mechanism(name, f"inputs hold {given[1]} +inf and {given[2]} -inf but no NaN ({named}); {gave}")
    if not any(given):
        return _from_finite(op, base, out, gave, [source for _, source, _, _ in inputs])
    return Mechanism("unknown", f"{gave}; its inputs held {_words(given)}")


def _of_infinities(base: str, poisoned: list[Input]) -> Optional[str]:
    if base in PRODUCTS or base in ("mul", "mul_"):
        return "0 * inf"
    if base in ("div", "div_"):
        return "inf / inf" if len(poisoned) > 1 else None
    if base in SUMS or base in SOFTMAX or base in NORMS or base in ("sub", "sub_", "rsub"):
        return "inf - inf"
    return None


def _from_finite(op: Op, base: str, out: Counts, gave: str, sources: list[str]) -> Mechanism:
    """What went in was finite: an argument outside of a domain, a result too large, or a fault."""
    sizes = [size for size in op.magnitudes or [] if size is not None]
    seen = op.magnitudes is not None
    largest = f" (largest magnitude in: {max(sizes):.6g})" if sizes else "" if seen else " (magnitudes were not looked at)"
    evidence = f"{op.kernel} of {', '.join(sources) or 'arguments'}{largest} gave {_words(out)}"
    domain = {"log": "log of a negative", "log1p": "log of a negative", "sqrt": "square root of a negative", "rsqrt": "square root of a negative", "pow": "power of a negative"}
    if out[0] and base.rstrip("_") in domain:
        return Mechanism(domain[base.rstrip("_")], evidence)
    if out[0] and base.strip("_").removeprefix("foreach_") in ("div", "addcdiv"):
        return Mechanism("0 / 0", evidence)
    if out[2] and base in ("log", "log_"):
        return Mechanism("log of 0", evidence)
    if base in PICKERS and base != "_to_copy":
        return Mechanism("out-of-range read", f"{gave}: it picks elements of inputs that hold no such value, and is suspected to read outside of them")
    reach, name = _reach(op, base, sizes)
    if seen and reach is not None and not reach >= LARGEST.get(op.dtype, math.inf):
        return Mechanism("kernel fault", f"{evidence}: nothing that went in can become it, the kernel is suspected, a second device decides")
    if seen and out[0] and base in PRODUCTS | SUMS | NORMS | {"mul", "mul_", "sub", "relu", "gelu", "tanh", "sigmoid", "silu"} and not out[1] + out[2] and reach is not None:
        return Mechanism(name, evidence)
    if out[1] + out[2]:
        if base in ("div", "div_", "reciprocal", "rsqrt"):
            return Mechanism("division by 0", evidence)
        return Mechanism(name, evidence)
    return Mechanism("unknown", evidence)


def _reach(op: Op, base: str, sizes: list[float]) -> tuple[Optional[float], str]:
    """The largest magnitude that the op can make of these, where that is known, and what it is called to go beyond."""
    if base in PRODUCTS:
        # The longest sum that can be: the elements of the largest operand over those of the result are at most this many.
        total = math.prod(sorted(sizes)[-2:]) if len(sizes) > 1 else None
        return (total * 2**24 + max(sizes) if total is not None else None), "matmul overflow"
    if base == "exp":
        return (math.exp(sizes[0]) if sizes and sizes[0] < 700 else math.inf if sizes else None), "exp overflow"
    if base == "_to_copy":
        return (sizes[0] if sizes else None), "cast overflow"
    if base in ("add", "add_", "sub", "rsub"):
        return (sum(sizes) * 2 if sizes else None), "sum overflow"
    if base in ("mul", "mul_"):
        return (math.prod(sizes) * (2.0**16 if len(sizes) == 1 else 1) if sizes else None), "overflow"
    if base in SUMS:
        return (sizes[0] * 2**30 if sizes else None), "sum overflow"
    if base in SOFTMAX or base in ("tanh", "sigmoid", "relu", "gelu", "silu", "neg", "native_dropout", "cos", "sin", "clamp", "where"):
        return (max(sizes) * 2 + 2 if sizes else None), "overflow"
    if base in NORMS:
        return (max(sizes) ** 2 * 2**16 if sizes and max(sizes) < 1e100 else None), "overflow"
    return None, "overflow"
