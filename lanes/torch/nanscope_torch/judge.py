"""Classes each op from what went in and what came out, and finds where the first unintended value was born. Pure: only counts are read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Optional

from .mechanism import Mechanism, carries_infinity, mechanism_of
from .ops import INDEPENDENT
from .traced_ops import Op, Taken

Counts = tuple[int, int, int]
NONE: Counts = (0, 0, 0)
OVERSCALED = "the scale of a GradScaler is too large for this step, which it looks for and skips"


@dataclass
class Judgement:
    kind: str
    """`gen`, `prop`, `kill`, `clean`."""
    born: Optional[str] = None
    from_infinity: bool = False
    ended: Optional[str] = None
    benign: Optional[str] = None


@dataclass
class Origin:
    index: int
    kind: str
    mechanism: Mechanism
    became_nan: Optional[int] = None


def counts_of(health: Optional[dict[str, Any]]) -> Counts:
    return (health["nan"], health["posInf"], health["negInf"]) if health else NONE


def _fills(op: Op) -> bool:
    """Whether what was added is as large as a mask's finite fill: of float32, two of them (transformers 4 adds causality and padding apart)."""
    if op.dtype != "float32" or op.magnitudes is None:
        return True
    return max((size for size in op.magnitudes if size is not None), default=0.0) > 3.4e38


def _asks(op: Op) -> bool:
    """Whether it asks which elements are finite, as `isnan` and `isfinite` do: by a comparison with itself, or with inf."""
    itself = len(op.inputs) == 2 and op.inputs[0][1] == op.inputs[1][1]
    return op.kernel.startswith("isnan") or (op.kernel.startswith(("eq.", "ne.")) and (itself or op.asked_for is not None))


class Judge:
    """Of one batch."""

    def __init__(self, taken: Taken) -> None:
        self.ops, self.externals = taken.ops, taken.externals
        self._scaled, self._by_scaler = taken.scaled, taken.by_scaler
        self._judge_all()
        if self._scaled and any(self._unskipped(index) for index in range(len(self.ops))):
            self._scaled = False
            self._judge_all()

    def _judge_all(self) -> None:
        self._benign_externals: set[str] = set()
        self.judgements: list[Judgement] = []
        for op in self.ops:
            self.judgements.append(self._judge(op))

    def inputs(self, op: Op) -> list[tuple[str, int | str, Counts]]:
        """`(name, reference, counts)` of each input."""
        return [(name, ref, counts_of(self._health(ref))) for name, ref in op.inputs]

    def source(self, reference: int | str) -> str:
        return self.ops[reference].key if isinstance(reference, int) else reference

    def _health(self, reference: int | str) -> Optional[dict[str, Any]]:
        if isinstance(reference, int):
            return self.ops[reference].health
        measurement = self.externals[reference].measurement
        return measurement.health if measurement else None

    def _judge(self, op: Op) -> Judgement:
        inputs = self.inputs(op)
        given = tuple(sum(counts[kind] for _, _, counts in inputs) for kind in range(3))
        out = counts_of(op.health)
        judgement = self._class(op, inputs, given, out)
        poisoned = [ref for _, ref, counts in inputs if any(counts)]
        inputs_benign = all(self.judgements[ref].benign is not None if isinstance(ref, int) else ref in self._benign_externals for ref in poisoned)
        overscaled = self._overscaled(op, judgement, poisoned)
        if judgement.kind == "kill":
            independent = INDEPENDENT.get(f"{op.kernel.split('.')[0]}:{op.output}")
            judgement.benign = independent or overscaled or ("the mask's -inf ends here, as intended" if inputs_benign else None)
        elif judgement.kind in ("gen", "prop"):
            judgement.benign = overscaled or self._benign(op, out, bool(poisoned), inputs_benign)
            if judgement.benign is not None:
                self._benign_externals.update(ref for ref in poisoned if isinstance(ref, str))
        return judgement

    def _class(self, op: Op, inputs: list[tuple[str, int | str, Counts]], given: tuple[int, ...], out: Counts) -> Judgement:
        infinities = given[1] + given[2] > 0
        if not any(out):
            return Judgement("kill" if any(given) else "clean")
        if out[0] > 0 and given[0] == 0:
            return Judgement("gen", "NaN", from_infinity=infinities)
        if out[0] == 0 and out[1] + out[2] > 0 and not carries_infinity(op.kernel, out, [counts for _, _, counts in inputs]):
            return Judgement("gen", "Inf")
        return Judgement("prop", ended="NaN" if given[0] > 0 and out[0] == 0 else None)

    def _overscaled(self, op: Op, judgement: Judgement, poisoned: list[int | str]) -> Optional[str]:
        """What overflows in `scale` and behind it because a GradScaler makes the loss large, and what becomes of that."""
        if not self._scaled or op.phase == "forward":
            return None
        if poisoned:
            # A gradient that was there before was judged in the step that made it.
            scaled = all(ref.startswith("grad.") if isinstance(ref, str) else self.judgements[ref].benign == OVERSCALED for ref in poisoned)
            return OVERSCALED if scaled else None
        scaling = op.phase == "backward" or len(self.judgements) in self._by_scaler
        return OVERSCALED if scaling and judgement.born == "Inf" and self.mechanism(len(self.judgements)).name.endswith("overflow") else None

    def _unskipped(self, index: int) -> bool:
        """Whether an optimizer took what is overscaled: without the scaler no step is skipped. A fused one skips inside, and writes the gradients alone."""
        op = self.ops[index]
        skips = index in self._by_scaler and op.kernel.startswith("_fused_")
        written = op.inputs[0][1] if op.inputs and op.kernel.split(".")[0].endswith("_") else None
        # A step by hand has no optimizer, and writes to a weight.
        by_hand = isinstance(written, str) and not written.startswith(("grad.", "constant#", "external#"))
        return op.phase == "optimizer" and (by_hand or not op.path) and not skips and self.judgements[index].benign == OVERSCALED and any(counts_of(op.health))

    def _benign(self, op: Op, out: Counts, poisoned: bool, inputs_benign: bool) -> Optional[str]:
        """The first rule's reason. But for memory that no caller reads a NaN is never benign."""
        if op.output > 0 and op.benign is not None:
            return op.benign
        if out[0] > 0 or out[1] > 0:
            return None
        if op.asked_for is not None and op.asked_for < 0:
            return "the mask itself: the program asks for -inf where nothing may be attended to"
        if poisoned and inputs_benign:
            return "carries the mask's -inf on"
        if op.kernel.startswith("add") and "att" in op.path and op.phase == "forward" and _fills(op):
            return "finite fills and scores added up to -inf"
        return None

    def _consumers(self) -> list[list[int]]:
        consumers: list[list[int]] = [[] for _ in self.ops]
        for index, op in enumerate(self.ops):
            for _, ref in op.inputs:
                if isinstance(ref, int):
                    consumers[ref].append(index)
        return consumers

    def _descendants(self, start: int, consumers: list[list[int]]) -> list[int]:
        seen, waiting = {start}, [start]
        while waiting:
            for following in consumers[waiting.pop()]:
                if following not in seen and any(counts_of(self.ops[following].health)):
                    seen.add(following)
                    waiting.append(following)
        return sorted(seen)

    def _is_constant(self, index: int, ends: list[int], consumers: list[list[int]]) -> bool:
        """What the program asks for by a constant, as the beginning of a minimum, is no fault while no result holds it or shows it."""
        op = self.ops[index]
        poisoned = [(ref, counts) for _, ref, counts in self.inputs(op) if any(counts)]
        if not all(isinstance(ref, str) and ref.startswith("constant#") for ref, _ in poisoned):
            return False
        has_nan = counts_of(op.health)[0] > 0
        asks_nan = (op.asked_for is not None and math.isnan(op.asked_for)) or any(counts[0] > 0 for _, counts in poisoned)
        if has_nan and (not asks_nan or self._shows(index, consumers)):
            return False
        if op.asked_for is not None:
            return not ends or (ends == [index] and not op.inputs and not has_nan)
        return not ends and len(poisoned) > 0

    def _shows(self, index: int, consumers: list[list[int]]) -> bool:
        """Whether a NaN shows in what has no counts, a comparison or a place. To ask where it is (`x != x` and the like), beside an op that ends it, is no such thing."""
        holders = [each for each in self._descendants(index, consumers) if counts_of(self.ops[each].health)[0] > 0]
        # A second output, a place, has the values beside it.
        readers = [self.ops[reader] for each in holders for reader in consumers[each] if self.ops[reader].output == 0]
        blind = [op for op in readers if op.health is None]
        ended = any(op.health is not None and not any(counts_of(op.health)) for op in readers)
        return len(blind) > 0 and not (ended and all(_asks(op) for op in blind))

    def _brings_in(self, index: int) -> bool:
        judgement, op = self.judgements[index], self.ops[index]
        if judgement.benign is not None or not any(counts_of(op.health)):
            return False
        return judgement.kind == "gen" or any(isinstance(ref, str) and any(counts) for _, ref, counts in self.inputs(op))

    def origin(self) -> Optional[Origin]:
        """The first non-finite value that is not intended; one that lives on to a result before one that ends on the way."""
        consumers, index = self._consumers(), None
        for start in filter(self._brings_in, range(len(self.ops))):
            ends = [each for each in self._descendants(start, consumers) if not consumers[each]]
            if self._is_constant(start, ends, consumers):
                continue
            if ends or index is None:
                index = start
            if ends:
                break
        if index is None:
            return None
        judgement, health = self.judgements[index], self.ops[index].health
        assert health is not None
        kind = judgement.born or ("NaN" if "firstNaN" in health else "Inf")
        turn = None
        if kind == "Inf":
            turn = next((each for each in self._descendants(index, consumers) if self.judgements[each].from_infinity), None)
        return Origin(index, kind, self.mechanism(index), turn)

    def born(self, key: str) -> bool:
        """Whether something is born in the op of this key, from inputs that do not hold it."""
        return any(op.key == key and self.judgements[index].kind == "gen" for index, op in enumerate(self.ops))

    def mechanism(self, index: int) -> Mechanism:
        op = self.ops[index]
        return mechanism_of(op, [(name, self.source(ref), isinstance(ref, str), counts) for name, ref, counts in self.inputs(op)])
