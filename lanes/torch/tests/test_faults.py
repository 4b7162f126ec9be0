"""An op that returns a NaN or a wrong number is found at its op, with its module path; a clean model gives no alarm."""

from __future__ import annotations

import copy
import functools
import json
import math
import random
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

import nanscope_torch
from nanscope_torch.attention import composed_attention, composed_gradients
from nanscope_torch.errors import NonFiniteFound
from fault import InjectedFault, faulty

FAULTS_A_PHASE = 20
PHASES = ("forward", "backward", "optimizer")


def tiny(name: str, **settings: Any) -> torch.nn.Module:
    """A model of random weights of a family, two layers; that of GPT-2, as most take it, is built once and copied."""
    return copy.deepcopy(gpt2()) if name == "GPT2" and settings == FAMILIES["GPT2"] else build(name, **settings)


@functools.cache
def gpt2() -> torch.nn.Module:
    return build("GPT2", **FAMILIES["GPT2"])


def build(name: str, **settings: Any) -> torch.nn.Module:
    import transformers

    torch.manual_seed(3)
    common = {"vocab_size": 64, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    config = getattr(transformers, f"{name}Config")(**common, **settings)
    return transformers.AutoModelForCausalLM.from_config(config)


LLAMA = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32}
FAMILIES: dict[str, dict[str, Any]] = {
    "GPT2": {"n_positions": 32, "n_embd": 32, "n_layer": 2, "n_head": 4},
    "GPTNeoX": {key: value for key, value in LLAMA.items() if key != "num_key_value_heads"},
    "OPT": {"hidden_size": 32, "ffn_dim": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 32, "word_embed_proj_dim": 32},
    "Bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    "Llama": LLAMA,
    "Qwen2": LLAMA,
    "Mistral": {**LLAMA, "sliding_window": 4},
    "Gemma2": {**LLAMA, "head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": 4},
    "Phi": LLAMA,
    "Mixtral": {**LLAMA, "num_local_experts": 4, "num_experts_per_tok": 2},
}


def step(model: torch.nn.Module, attention_mask: bool = True) -> None:
    """One training step on left-padded rows."""
    torch.manual_seed(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, foreach=False)
    ids = torch.randint(1, 64, (2, 8))
    mask = torch.ones_like(ids)
    mask[0, :3] = 0
    labels = torch.where(mask == 1, ids, -100)
    model(input_ids=ids, attention_mask=mask if attention_mask else None, labels=labels, use_cache=False).loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_a_clean_model_gives_no_alarm(tmp_path: Path, family: str, attention: str) -> None:
    # Gemma 2 caps its scores, which sdpa cannot.
    uncapped = {"attn_logit_softcapping": None} if (family, attention) == ("Gemma2", "sdpa") else {}
    model = tiny(family, **FAMILIES[family], **uncapped)
    model.config._attn_implementation = attention
    with nanscope_torch.trace(model, out=tmp_path) as run:
        step(model)
        with torch.no_grad():
            step_ids = torch.randint(1, 64, (1, 9))
            model(input_ids=step_ids)
    assert "origin" not in run.cascade, run.cascade["origin"]
    assert run.cascade["batchesTraced"] == 2 and run.cascade["ops"] > 100


def health(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "target" / "health.jsonl").read_text().splitlines()][1:]


@dataclass
class Right:
    """A run without a fault: what a run with one is held against."""

    counts: dict[str, int]
    """By phase, how many calls a fault can be put into."""
    lines: list[dict[str, Any]]


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Right:
    out = tmp_path_factory.mktemp("right")
    probes = {phase: InjectedFault(phase, -1) for phase in PHASES}
    with ExitStack() as stack:
        for probe in probes.values():
            stack.enter_context(probe)
        with nanscope_torch.trace(model := tiny("GPT2", **FAMILIES["GPT2"]), out=out, level="full"):
            step(model)
    return Right({phase: probe.seen for phase, probe in probes.items()}, health(out))


@pytest.mark.parametrize("seed", range(FAULTS_A_PHASE))
@pytest.mark.parametrize("phase", PHASES)
def test_an_injected_fault_is_found_at_its_op(tmp_path: Path, right: Right, phase: str, seed: int) -> None:
    chance = random.Random(f"{phase} {seed}")
    value = chance.choice([math.nan, math.nan, math.inf])
    model = tiny("GPT2", **FAMILIES["GPT2"])
    with InjectedFault(phase, chance.randrange(right.counts[phase]), value, chance.random()) as fault:
        with pytest.raises(NonFiniteFound):
            with nanscope_torch.trace(model, out=tmp_path, raise_on="nan") as run:
                step(model)
    assert fault.hit is not None
    origin = run.cascade["origin"]
    _, path, kernel = fault.hit
    assert origin["key"].startswith(f"{phase}/{path}/{kernel}#" if path else f"{phase}/{kernel}#"), (origin, fault.hit)
    assert origin["kind"] == ("NaN" if math.isnan(value) else "Inf")


@pytest.mark.parametrize("name", ["query", "key", "value"])
def test_a_fault_in_the_backward_pass_of_attention_is_held_against_its_formula(tmp_path: Path, name: str) -> None:
    kernel = "_scaled_dot_product_flash_attention_for_cpu_backward"

    def fault(op: str, _phase: str, path: str, tensors: list[torch.Tensor]) -> None:
        if op == kernel and path == "transformer.h.1/attn":
            tensors[("query", "key", "value").index(name)][1, 2, 5, 3] = math.nan

    model = tiny("GPT2", **FAMILIES["GPT2"]).eval()  # Dropout is composed of other ops.
    with faulty(fault), nanscope_torch.trace(model, out=tmp_path) as run:
        step(model, attention_mask=False)
    origin = run.cascade["origin"]
    assert origin["key"].startswith(f"backward/transformer.h.1/attn/{kernel}#0:")
    assert origin["mechanism"]["name"] == "kernel fault"
    place = "the value of key 5" if name == "value" else f"{name} 5"
    assert f"the gradient by {place} of head 2 of batch row 1 is, composed, " in origin["mechanism"]["evidence"]
    assert "gave nan: the kernel is suspected" in origin["mechanism"]["evidence"]


@pytest.mark.parametrize("causal", [False, True])
def test_the_formula_of_the_gradients_is_that_of_autograd(causal: bool) -> None:
    """With grouped keys; a row without a key gives what one gives whose output is not used."""
    torch.manual_seed(5)
    q, k, v = (torch.randn(2, heads, 5, 4, dtype=torch.float64, requires_grad=True) for heads in (4, 2, 2))
    mask = (torch.rand(2, 1, 5, 5) < 0.6) | torch.eye(5, dtype=torch.bool)
    upstream = torch.randn(2, 4, 5, 4, dtype=torch.float64)

    def found() -> tuple[list[torch.Tensor], torch.Tensor]:
        call = SimpleNamespace(q=q.detach(), k=k.detach(), v=v.detach(), mask=mask, causal=causal, scale=0.5)
        return composed_gradients(cast(Any, call), upstream, torch.float64)

    expected = torch.autograd.grad(composed_attention(q, k, v, mask, causal, 0.5, torch.float64), (q, k, v), upstream)
    assert all(torch.allclose(one, other, atol=1e-12) for one, other in zip(found()[0], expected))
    upstream[1, :, 2] = 0
    unused = found()[0]
    mask[1, :, 2] = False
    gradients, empty = found()
    assert int(empty.sum()) == 4 and all(torch.allclose(one, other, atol=1e-12) for one, other in zip(gradients, unused))


class Enough(BaseException):
    """What follows the fault is not looked at."""


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("phase", PHASES)
def test_a_wrong_number_is_seen_at_its_op_beside_a_right_run(tmp_path: Path, right: Right, phase: str, seed: int) -> None:
    """At level `full` the first op whose figures differ from those of a run without the fault is the one that was patched."""
    chance = random.Random(f"wrong {seed}")
    model = tiny("GPT2", **FAMILIES["GPT2"])
    fault = InjectedFault(phase, chance.randrange(right.counts[phase]), 977.0, chance.random())

    ended: list[Enough] = []

    def once(*call: Any) -> None:
        if fault.hit is None:
            fault(*call)
        elif not ended:
            ended.append(Enough())
            raise ended[0]

    with faulty(once), suppress(Enough), nanscope_torch.trace(model, out=tmp_path, level="full"):
        step(model)
    assert fault.hit is not None
    first = next(two["key"] for one, two in zip(right.lines, health(tmp_path)) if one != two)
    _, path, kernel = fault.hit
    assert first.startswith(f"{phase}/{path}/{kernel}#" if path else f"{phase}/{kernel}#")


def test_a_norm_of_what_overflows_when_it_is_squared_is_an_overflow(tmp_path: Path) -> None:
    norm = torch.nn.LayerNorm(8)
    with nanscope_torch.trace(norm, out=tmp_path) as run, torch.no_grad():
        norm(torch.linspace(-1e30, 1e30, 8)[None])
    assert run.cascade["origin"]["mechanism"]["name"] == "overflow", run.cascade["origin"]


def test_a_device_whose_counts_come_late_finds_the_same_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter of accelerators, on the cpu: one buffer, read once a step."""
    import nanscope_torch.tap as tap
    from nanscope_torch.health import DeviceCounter

    origins = []
    for late in (False, True):
        if late:
            monkeypatch.setattr(tap, "counter_for", lambda device, full: DeviceCounter(full, device))
        with InjectedFault("forward", 40), nanscope_torch.trace(tiny("GPT2", **FAMILIES["GPT2"]).eval(), out=tmp_path) as run:
            step(run._model)
        assert any("N" in row[-1] for row in run.cascade["picture"]["cells"])
        origins.append({name: run.cascade["origin"][name] for name in ("key", "kind", "coordinates")})
    assert origins[0] == origins[1]
    header = json.loads((tmp_path / "target" / "health.jsonl").read_text().splitlines()[0])
    assert header["bytesRead"] > 0 and "composed" in header["source"]["method"]


class Attention(torch.nn.Module):
    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.scaled_dot_product_attention(q, k, v)


def test_a_gradient_beyond_its_own_dtype_blames_no_kernel(tmp_path: Path) -> None:
    """Loss scaling in half precision gives such numbers: 64 queries share one key, and their gradients add up beyond 65504."""
    q, k, v = (torch.zeros(1, 1, length, 4).half().requires_grad_() for length in (64, 1, 1))
    model = Attention()
    with nanscope_torch.trace(model, out=tmp_path) as run:
        out = model(q, k, v)
        out.backward(torch.full_like(out, 60000.0))
    assert v.grad is not None and not torch.isfinite(v.grad).all()
    assert run.cascade["origin"]["mechanism"]["name"] == "cast overflow"
