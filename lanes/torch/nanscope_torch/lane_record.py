"""The lane's own run.json while it grows: opened before anything is computed, replaced as results come in."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from .folder import Folder
from .versions import environment, summary

SCHEMA_VERSION = 1


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def policy_record(dtype: str) -> dict[str, Any]:
    """PyTorch chooses its own mask arithmetic: it is seen, not set."""
    own = "as PyTorch does"
    short = {"float32": "f32", "float16": "f16", "bfloat16": "bf16", "float64": "f64"}.get(dtype, dtype)
    return {"name": summary(), "fill": own, "compose": own, "rowGuard": own, "computeDtype": short}


def decision_record(asked: str, device: str, label: str, reason: str, attn: str) -> dict[str, Any]:
    return {
        "requested": f"torch:{asked}" if asked != "best" else "torch", "backend": f"torch-{device.split(':')[0]}", "software": False, "attention": attn,
        "rules": [{"rule": "explicit" if asked != "best" else "best", "reason": reason}], "warnings": [], "label": f"torch:{device} ({label})",
    }  # fmt: skip


class LaneRecord:
    """Every change is written at once, so that a lane that is killed leaves what it had."""

    def __init__(self, folder: Folder, *, role: str, model: dict[str, Any], dtype: str, stored_as: list[str], config: dict[str, Any], decision: dict[str, Any], source: str, head: dict[str, Any]) -> None:
        self._folder = folder
        facts = {"storedAs": stored_as, "computedAs": dtype, "notes": [], "unusedTensors": [], "unusedSettings": []}
        self.record: dict[str, Any] = {
            "schemaVersion": SCHEMA_VERSION, "kind": "lane", "role": role, "status": "running", "startedAt": now(),
            "config": head.get("config", config), "policy": head.get("policy", policy_record(dtype)), "decision": head.get("decision", decision),
            "environment": {**environment(), **head.get("environment", {})}, "kernelNotes": [], "model": model,
            "modelFacts": {**facts, **head.get("modelFacts", {})}, "data": {"source": source, **head.get("data", {}), "rows": 0, "truncated": 0},
        }  # fmt: skip
        self.update()

    def update(self, **changes: Any) -> None:
        self.record.update(changes)
        self._folder.write("run.json", self.record)

    def end(self, status: str, failure: str | None = None, **changes: Any) -> None:
        self.update(**changes, status=status, finishedAt=now(), **({"failure": failure} if failure else {}))
