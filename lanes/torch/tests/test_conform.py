"""The cases hold on this device, and fail where the arithmetic is wrong; the probes answer."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from nanscope_torch.channel import Channel
from nanscope_torch.conform import CASES, REFUSED, backends, passes, run_case, run_conform
from nanscope_torch.probe import run_probe

OLD = tuple(int(part) for part in torch.__version__.split(".")[:2]) < (2, 5)
CPU = torch.device("cpu")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_holds_on_the_cpu_but_for_what_is_known(case: Any) -> None:
    result = run_case(case, CPU, nullcontext())
    known_here = OLD and (case.name.startswith("masked-row-") and "finite" not in case.name or case.mask is not None and case.masked_rows == "zeros" and case.q[2] > 3 and case.kv is None)
    if OLD and case.grouped:
        assert result["status"] == "refused"
    elif known_here:
        assert result["status"] == "fail" and "nan" in result["reason"]
    else:
        assert result["status"] == "pass", result


def test_mask_and_causal_together_are_refused_or_their_conjunction() -> None:
    result = run_case(REFUSED, CPU, nullcontext())
    assert result["status"] in ("refused", "pass") or OLD and "found nan" in result["reason"]


def test_a_kernel_that_is_wrong_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = F.scaled_dot_product_attention

    def leaks(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, **options: Any) -> torch.Tensor:
        return honest(query, key, value, **{**options, "is_causal": False})

    monkeypatch.setattr(F, "scaled_dot_product_attention", leaks)
    failed = {case.name for case in CASES if run_case(case, CPU, nullcontext())["status"] == "fail"}
    assert {"causal-f16", "causal-bf16"} <= failed


def messages(run: Any, task: dict[str, Any]) -> list[dict[str, Any]]:
    stream = io.StringIO()
    run(task, Channel(stream))
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_the_task_runs_the_cases_that_are_asked_for() -> None:
    answers = messages(run_conform, {"device": "cpu", "task": {"cases": ["torch:plain;backend=own", "torch:plain;backend=math"]}})
    assert [message["kind"] for message in answers] == ["hello", "case", "case"]
    assert answers[1]["result"]["status"] == "pass" and set(backends(CPU)) == {"own", "flash", "math"}


def test_a_filter_is_a_part_of_an_id_or_with_stars_the_whole() -> None:
    assert passes("torch:plain;backend=own", None) and passes("torch:plain;backend=own", "plain;backend")
    assert passes("torch:plain;backend=own", "torch:p*=o?n") and not passes("torch:plain;backend=own", "p*") and not passes("torch:a.c", "torch:a?d*")


def test_the_probe_tells_versions_devices_and_how_nan_is_treated() -> None:
    (message,) = messages(run_probe, {})
    probe = message["probe"]
    assert probe["torch"] == torch.__version__.split("+")[0] or probe["torch"] == torch.__version__
    assert {row["name"] for row in probe["devices"]} >= {"cpu", "mps"}
    wrong = [row["name"] for row in probe["probes"] if row["device"] == "cpu" and not row["passed"]]
    assert wrong == (["sdpa, a row without a key"] if OLD else [])
    assert probe["sdpaBackends"]["math"] is True
