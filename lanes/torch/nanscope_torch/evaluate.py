"""The `evaluate` task: every batch once, what it gave in the lane's folder, then the questions on the first batch."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch

from . import PROTOCOL, __version__
from .errors import UserError, ending
from .folder import Channel, Folder
from .inputs import Batch, read_batches
from .lane_record import LaneRecord, decision_record
from .leak import check_leaks
from .model import DTYPES, Loaded, load_model
from .outputs import save_outputs
from .score import Accumulator, Scores, score
from .stages import save_stages
from .trace_lane import LaneTracer
from .versions import settle_device, summary, versions

STAGES = "stages.safetensors"
FILES = ("metrics.jsonl", "samples.jsonl", "health.jsonl", "hit.jsonl", STAGES)
CHOICES = {
    "role": ("target", "reference"), "dtype": tuple(DTYPES), "attn": ("eager", "sdpa"), "maskForm": ("2d", "4d"),
    "trace": ("off", "gate", "health", "full"),
}  # fmt: skip
DEFAULTS: dict[str, Any] = {
    "role": None, "model": None, "inputs": None, "name": None, "batches": 0, "dtype": "float32", "attn": "sdpa", "maskForm": "2d",
    "trace": "health", "traceKeep": 3, "grads": False, "saveOutputs": None, "stages": False, "trustRemoteCode": False, "leak": True, "head": {},
}  # fmt: skip


def settings_of(task: dict[str, Any]) -> dict[str, Any]:
    """The task with its defaults. Raises `torch/protocol` for a field or value that is not known."""
    unknown = sorted(set(task) - set(DEFAULTS))
    if unknown:
        raise UserError("torch/protocol", f"the task: expected {', '.join(DEFAULTS)}, found {unknown[0]}.")
    settings = {**DEFAULTS, **task}
    for name in ("role", "model", "inputs"):
        if not isinstance(settings[name], str):
            raise UserError("torch/protocol", f"the task: expected {name} as text, found {settings[name]!r}.")
    for name, allowed in CHOICES.items():
        if settings[name] not in allowed:
            raise UserError("torch/protocol", f"the task: expected {name} of {', '.join(allowed)}, found {settings[name]!r}.")
    return settings


def sample_lines(batch: Batch, scores: Scores, first_row: int) -> list[dict[str, Any]]:
    rows, length = batch.shape
    lines: list[dict[str, Any]] = []
    for row in range(rows):
        mask = batch.attention_mask[row].tolist()
        place = batch.rows[row] if row < len(batch.rows) else None
        lines.append({
            "row": first_row + row, **({key: place[key] for key in ("source", "line") if key in place} if place else {}),
            "tokens": sum(mask), "first": mask.index(1) if 1 in mask else -1, "positions": [], "labels": [], "losses": [], "answers": [],
        })  # fmt: skip
    for at, label, loss, answer in zip(scores.places.tolist(), scores.labels.tolist(), scores.losses, scores.answers):
        line = lines[at // length]
        line["positions"].append(at % length + 1)
        line["labels"].append(label)
        line["losses"].append(loss)
        line["answers"].append(answer)
    return lines


def evaluate_all(loaded: Loaded, settings: dict[str, Any], folder: Folder, record: LaneRecord, tracer: LaneTracer, channel: Channel) -> Batch | None:
    """Every batch once. Returns the first that has a label."""
    totals = Accumulator()
    first: Batch | None = None
    truncated = 0
    for batch in read_batches(settings["inputs"], loaded.record()["vocabulary"]):
        started = time.perf_counter()
        scores = tracer.evaluate(lambda observe, batch=batch: score(loaded, batch, observe), batch.index)
        took = time.perf_counter() - started
        folder.append("samples.jsonl", sample_lines(batch, scores, totals.rows))
        non_finite = sum(loss - loss != 0 for loss in scores.losses)
        folder.append("metrics.jsonl", [{"batch": batch.index, "rows": batch.shape[0], "tokens": len(scores.losses), "lossSum": sum(scores.losses), "nonFinite": non_finite, "seconds": took}])
        totals.add(scores)
        totals.rows += batch.shape[0]
        totals.batches += 1
        totals.seconds += took
        totals.input_tokens += batch.input_tokens
        truncated += batch.truncated
        if first is None and scores.losses:
            first = batch
        data = {**record.record["data"], "rows": totals.rows, "truncated": truncated}
        record.update(metrics=totals.record(), cascade=tracer.record, data=data)
        channel.send("progress", batches=totals.batches, total=max(settings["batches"], totals.batches), tokensPerSecond=totals.record()["tokensPerSecond"])
    return first


def questions(loaded: Loaded, settings: dict[str, Any], batch: Batch, folder: Folder, record: LaneRecord, tracer: LaneTracer, channel: Channel) -> None:
    """Did looking change a bit? Does a position see its future? What are the gradients?"""
    tracer.observe(lambda observe: score(loaded, batch, observe).losses)
    changes: dict[str, Any] = {}
    if settings["leak"]:
        channel.send("loading", what="checking for leaks")
        changes["leak"] = check_leaks(loaded, batch)
    if settings["stages"]:
        channel.send("loading", what="comparing stages with float64")
        for note in save_stages(folder.path / STAGES, loaded, batch, gradients=settings["grads"]):
            channel.send("note", text=note)
    if settings["saveOutputs"] or settings["grads"]:
        for note in save_outputs(settings["saveOutputs"], loaded, batch, tracer.traced if settings["grads"] and tracer.traces else None, gradients=settings["grads"]):
            channel.send("note", text=note)
    record.update(cascade=tracer.record, **changes)


def load(settings: dict[str, Any], device: torch.device) -> Loaded:
    return load_model(
        settings["model"], name=settings["name"], device=device, dtype=settings["dtype"], attn=settings["attn"], mask_form=settings["maskForm"],
        trust=settings["trustRemoteCode"],
    )  # fmt: skip


def open_batch(task: dict[str, Any], index: int) -> tuple[Loaded, Batch]:
    """The model of a task and one of its batches. Raises `torch/inputs` where there is none of that index."""
    settings = settings_of(task.get("task") or {})
    loaded = load(settings, settle_device(task.get("device", "best"))[0])
    batch = next((each for each in read_batches(settings["inputs"], loaded.record()["vocabulary"]) if each.index == index), None)
    if batch is None:
        raise UserError("torch/inputs", f"{settings['inputs']}: expected batch {index} of the run, found fewer batches.")
    return loaded, batch


def run_evaluate(task: dict[str, Any], channel: Channel) -> None:
    settings = settings_of(task.get("task") or {})
    if not task.get("folder"):
        raise UserError("torch/protocol", "the task: expected the folder of the lane, found none.")
    device, label, reason = settle_device(task.get("device", "best"))
    channel.send("hello", protocol=PROTOCOL, version=__version__, **versions(), device=str(device), label=label)
    folder = Folder(task["folder"], fresh=FILES)
    channel.send("loading", what=f"loading {settings['name'] or settings['model']} with {summary()}")
    loaded = load(settings, device)
    for note in loaded.notes():
        channel.send("note", text=note)
    decision = decision_record(task.get("device", "best"), str(device), label, reason, settings["attn"])
    config = {"model": loaded.name, **{name: settings[key] for name, key in (("attn", "attn"), ("compute-dtype", "dtype"), ("mask-form", "maskForm"), ("trace", "trace"))}}
    record = LaneRecord(
        folder, role=settings["role"], model=loaded.record(), dtype=loaded.dtype, stored_as=loaded.stored_as, config=config, decision=decision,
        source=Path(settings["inputs"]).name, head=settings["head"],
    )  # fmt: skip
    tracer = LaneTracer(loaded.model, settings["trace"], folder, device, keep=settings["traceKeep"])
    try:
        first = evaluate_all(loaded, settings, folder, record, tracer, channel)
        if first is not None:
            questions(loaded, settings, first, folder, record, tracer, channel)
        record.end("complete")
    except BaseException as error:
        code, reason = ending(error)
        record.end("interrupted" if code == "torch/interrupted" else "failed", reason)
        raise

