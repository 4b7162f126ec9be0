"""The `probe` task: what is installed, which devices are there, and how each treats NaN, infinities and rows without a key."""

from __future__ import annotations

import math
import platform
import sys
from typing import Any, Callable

from .channel import Channel
from .errors import UserError, first_line
from .versions import devices, need, variables, versions


def _questions() -> list[tuple[str, str, Callable[[Any], Any], Callable[[Any], bool], str]]:
    """`(name, expected, ask on a device, whether the answer is right, why it matters)`."""
    import torch
    import torch.nn.functional as F

    nan, inf = math.nan, math.inf

    def on(device: Any, *values: float) -> Any:
        return torch.tensor(values, dtype=torch.float32, device=device)

    def attention(device: Any, keep: list[list[bool]], poison: bool = False) -> Any:
        generator = torch.Generator().manual_seed(0)
        q, k, v = (torch.randn(1, 1, 2, 64, generator=generator) for _ in range(3))
        if poison:
            q[0, 0, 0, 0] = nan
        mask = torch.tensor(keep)[None, None].to(device)
        with torch.no_grad():
            return F.scaled_dot_product_attention(q.to(device), k.to(device), v.to(device), attn_mask=mask)

    def is_nan(answer: list[float]) -> bool:
        return all(math.isnan(value) for value in answer)

    return [
        ("exp(NaN)", "NaN", lambda d: torch.exp(on(d, nan)), is_nan, "an exp that loses a NaN hides it in every softmax"),
        ("max(0, NaN)", "NaN", lambda d: torch.maximum(on(d, 0.0), on(d, nan)), is_nan, "a maximum that loses a NaN hides it in every relu and clamp"),
        ("relu(NaN)", "NaN", lambda d: torch.relu(on(d, nan)), is_nan, "a relu that loses a NaN hides it in the next layer"),
        ("0 * inf", "NaN", lambda d: on(d, 0.0) * on(d, inf), is_nan, "a weight of 0 does not stop an infinity"),
        ("inf - inf", "NaN", lambda d: on(d, inf) - on(d, inf), is_nan, "this is how a row of -inf becomes NaN"),
        ("isnan(NaN)", "true", lambda d: torch.isnan(on(d, nan)).float(), lambda a: a == [1.0], "fast math may answer no: counts are by bits for that reason"),
        ("softmax of a row of -inf", "NaN", lambda d: torch.softmax(on(d, -inf, -inf), 0), is_nan, "the formula has no answer"),
        ("subnormal 1e-40 * 1", "1e-40", lambda d: on(d, 1e-40) * on(d, 1.0), lambda a: a[0] != 0.0, "a device that flushes to zero gives other numbers near it"),
        ("argmax with NaN", "the NaN's place", lambda d: on(d, 1.0, nan, 2.0).argmax().float(), lambda a: a == [1.0], "an argmax that passes over a NaN gives an answer where there is none"),
        ("sdpa, a row without a key", "0", lambda d: attention(d, [[False, False], [True, True]])[0, 0, 0, :1], lambda a: a == [0.0], "NaN before torch 2.5: left padding with a causal mask makes such rows"),
        ("sdpa, a NaN in q", "NaN", lambda d: attention(d, [[True, True], [True, True]], True)[0, 0, 0, :1], is_nan, "a fused kernel that loses it hides an upstream NaN"),
    ]  # fmt: skip


def ask(device: str) -> list[dict[str, Any]]:
    rows = []
    for name, expected, question, right, why in _questions():
        try:
            answer = question(device).reshape(-1).cpu().tolist()
            result, passed = ", ".join(f"{value:g}" for value in answer), right(answer)
        except Exception as error:
            result, passed = first_line(error), False
        rows.append({"name": name, "device": device, "result": result, "expected": expected, "passed": passed, "why": why})
    return rows


def sdpa_backends() -> dict[str, bool]:
    import torch

    switches = {name: getattr(torch.backends.cuda, f"{name}_sdp_enabled", None) for name in ("flash", "mem_efficient", "math", "cudnn")}
    return {name: bool(enabled()) for name, enabled in switches.items() if enabled}


def run_probe(task: dict[str, Any], channel: Channel) -> None:
    probe: dict[str, Any] = {**versions(), "executable": sys.executable, "platform": sys.platform, "macos": platform.mac_ver()[0] or None, "environment": variables()}
    missing: dict[str, str] = {}
    for package in ("torch", "transformers"):
        try:
            need(package)
        except UserError as error:
            missing[package] = str(error)
    if missing:
        probe["missing"] = missing
    probe.update(devices=[], sdpaBackends={}, probes=[])
    if "torch" not in missing:
        probe["devices"] = devices()
        probe["sdpaBackends"] = sdpa_backends()
        if task.get("benchmarks", True):
            probe["probes"] = [row for device in probe["devices"] if device["available"] for row in ask(device["name"])]
    channel.send("probe", probe=probe)
