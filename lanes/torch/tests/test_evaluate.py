"""The `evaluate` task, in a process as a parent starts it, and in this one."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
import torch.nn.functional as F
from process import python, start

from nanscope_torch.folder import Channel
from nanscope_torch.errors import UserError, ending
from nanscope_torch.evaluate import run_evaluate
from nanscope_torch.model import load_model


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    tiny.gpt2(folder)
    tiny.inputs(folder)
    return folder


def evaluate(place: Path, name: str, **settings: Any) -> dict[str, Any]:
    """The lane's record."""
    with open(place / f"{name}.messages", "w", encoding="utf-8") as stream:
        run_evaluate(tiny.task(place / "gpt2", place / "inputs.jsonl", place / name, **settings), Channel(stream))
    return json.loads((place / name / "run.json").read_text())


def test_losses_and_answers_are_those_of_the_model_itself(place: Path) -> None:
    from transformers import AutoModelForCausalLM

    record = evaluate(place, "plain")
    model = AutoModelForCausalLM.from_pretrained(place / "gpt2", attn_implementation="sdpa").eval()
    expected: list[float] = []
    right = 0
    for index in range(2):
        line = tiny.batch_line(index)
        grids = {name: torch.tensor(line[name]).reshape(2, 8) for name in ("inputIds", "attentionMask", "labels", "positionIds")}
        with torch.no_grad():
            logits = model(input_ids=grids["inputIds"], attention_mask=grids["attentionMask"], position_ids=grids["positionIds"]).logits[:, :-1]
        labels = grids["labels"][:, 1:]
        losses = F.cross_entropy(logits.transpose(1, 2), labels, reduction="none", ignore_index=-100)
        expected += losses[labels != -100].tolist()
        right += int((logits.argmax(-1) == labels).sum())
    samples = [json.loads(line) for line in (place / "plain" / "samples.jsonl").read_text().splitlines()]
    assert [loss for sample in samples for loss in sample["losses"]] == pytest.approx(expected, rel=1e-5)
    mean = sum(expected) / len(expected)
    assert record["metrics"]["loss"] == pytest.approx(mean, rel=1e-6)
    spread = sum((loss - mean) ** 2 for loss in expected) / (len(expected) - 1)
    assert record["metrics"]["lossError"] == pytest.approx(math.sqrt(spread / len(expected)), rel=1e-5)
    assert record["metrics"]["accuracy"] == right / len(expected)
    assert record["metrics"]["tokens"] == len(expected) == 24
    assert samples[0]["first"] == 3 and samples[0]["positions"] == [3, 4, 5, 6, 7] and samples[0]["line"] == 1
    assert record["status"] == "complete" and record["cascade"]["observer"] == "unchanged"


@pytest.mark.parametrize("level", ["off", "gate", "full"])
def test_every_level_gives_the_same_losses(place: Path, level: str) -> None:
    health, other = evaluate(place, "health"), evaluate(place, level, trace=level)
    assert (place / level / "samples.jsonl").read_text() == (place / "health" / "samples.jsonl").read_text()
    assert (other["cascade"]["ops"] > 0) == (level == "full")
    assert health["cascade"]["level"] == "health" and other["cascade"]["level"] == level


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_types_are_computed_and_clean(place: Path, dtype: str) -> None:
    record = evaluate(place, dtype, dtype=dtype, attn="eager")
    assert math.isfinite(record["metrics"]["loss"]) and "origin" not in record["cascade"]
    assert record["modelFacts"]["computedAs"] == dtype


def test_float64_is_kept_in_every_file_and_looked_at_as_it_is(place: Path) -> None:
    from safetensors.torch import load_file

    record = evaluate(place, "float64", dtype="float64", stages=True, saveOutputs=str(place / "float64.safetensors"))
    assert record["modelFacts"]["notes"] == [] and record["leak"] == evaluate(place, "float32")["leak"]
    stages, outputs = load_file(place / "float64" / "stages.safetensors"), load_file(place / "float64.safetensors")
    for tensor in (stages["h.0"], stages["loss"], outputs["logits"], outputs["per_token_loss"]):
        assert tensor.dtype is torch.float64 and not torch.equal(tensor, tensor.float().double())
    assert torch.equal(stages["h.0"], stages["exact/h.0"])


def test_eager_attention_under_left_padding_leaks_at_the_last_pad(place: Path) -> None:
    """transformers 5: a pad row's finite fills make it uniform over all keys, the future among them."""
    import transformers

    if not transformers.__version__.startswith("5."):
        pytest.skip(f"transformers {transformers.__version__}: the leak was seen with 5")
    leaks = evaluate(place, "eager", attn="eager")["leak"]["leaks"]
    assert {"row": 0, "position": 2, "from": 4, "live": True} in leaks and all(leak["row"] == 0 for leak in leaks)
    assert evaluate(place, "sdpa", attn="sdpa")["leak"]["leaks"] == []


def test_a_boolean_4d_mask_with_left_padding_is_nan_in_torch_2_4_and_finite_in_2_5(place: Path) -> None:
    record = evaluate(place, "mask-4d", maskForm="4d")
    origin = record["cascade"].get("origin")
    if torch.__version__ >= "2.5" or torch.__version__.startswith("2.1"):
        assert origin is None and math.isfinite(record["metrics"]["loss"])
        return
    assert record["metrics"]["loss"] == "NaN" and "lossError" not in record["metrics"]
    assert origin["key"] == "forward/transformer.h.0/attn/_scaled_dot_product_flash_attention_for_cpu#0:0"
    assert origin["mechanism"]["name"] == "fully masked row" and "0 allowed keys of 8" in origin["mechanism"]["evidence"]
    assert dict(zip(origin["coordinateNames"], origin["coordinates"]))["query"] == 0
    assert record["cascade"]["picture"]["cells"][0][1] == "NNN....."


def test_an_accelerator_runs_the_batch_again_for_what_went_into_the_origin(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cpu under the name of a device whose counts come late."""
    import nanscope_torch.tap as tap
    import nanscope_torch.trace_lane as trace_lane
    from fault import faulty
    from nanscope_torch.health import DeviceCounter

    def fault(kernel: str, phase: str, path: str, tensors: list[torch.Tensor]) -> None:
        if kernel == "addmm" and path == "transformer.h.1/mlp/c_fc":
            tensors[0][0, 0] = math.nan

    monkeypatch.setattr(tap, "counter_for", lambda device, full: DeviceCounter(full, torch.device("cpu")))
    real = trace_lane.LaneTracer
    monkeypatch.setattr("nanscope_torch.evaluate.LaneTracer", lambda model, level, folder, _device, keep: real(model, level, folder, torch.device("meta"), keep))
    with faulty(fault):
        origin = evaluate(place, "late")["cascade"]["origin"]
    assert origin["key"] == "forward/transformer.h.1/mlp/c_fc/addmm#0:0"
    assert origin["mechanism"]["name"] == "kernel fault" and "largest magnitude in:" in origin["mechanism"]["evidence"]


def test_a_hit_at_gate_is_replayed_traced(place: Path) -> None:
    from safetensors.torch import load_file, save_file

    broken = place / "broken"
    broken.mkdir(exist_ok=True)
    (broken / "config.json").write_text((place / "gpt2" / "config.json").read_text())
    weights = load_file(place / "gpt2" / "model.safetensors")
    weights["transformer.h.1.mlp.c_fc.weight"][3, 4] = math.nan
    save_file(weights, broken / "model.safetensors", {"format": "pt"})
    with open(place / "gate.messages", "w", encoding="utf-8") as stream:
        run_evaluate(tiny.task(broken, place / "inputs.jsonl", place / "gated", trace="gate"), Channel(stream))
    cascade = json.loads((place / "gated" / "run.json").read_text())["cascade"]
    assert [replay["outcome"] for replay in cascade["gate"]["replays"]] == ["reproduced", "reproduced"]
    assert cascade["origin"]["mechanism"]["name"] == "external input"
    assert "transformer.h.1.mlp.c_fc.weight holds 1 NaN" in cascade["origin"]["mechanism"]["evidence"]


def test_gradients_by_parameter_name_are_those_of_the_mean_loss(place: Path) -> None:
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM

    evaluate(place, "grads", grads=True, saveOutputs=str(place / "outputs.safetensors"))
    saved = load_file(place / "outputs.safetensors")
    model = AutoModelForCausalLM.from_pretrained(place / "gpt2", attn_implementation="sdpa").eval()
    line = tiny.batch_line(0)
    grids = {name: torch.tensor(line[name]).reshape(2, 8) for name in ("inputIds", "attentionMask", "labels", "positionIds")}
    model(input_ids=grids["inputIds"], attention_mask=grids["attentionMask"], position_ids=grids["positionIds"], labels=grids["labels"]).loss.backward()
    for name, parameter in model.named_parameters():
        assert torch.allclose(saved[f"grad.{name}"], parameter.grad, rtol=1e-4, atol=1e-7), name
    assert saved["per_token_loss"].shape == (2, 7) and saved["hidden_states.2"].shape == (2, 8, 32)


def test_nothing_but_messages_lands_on_standard_output(place: Path) -> None:
    noisy = "import os, builtins\n_import = builtins.__import__\ndef loud(name, *a, **k):\n    if name == 'transformers': os.write(1, b'noise\\n'); print('noise')\n    return _import(name, *a, **k)\nbuiltins.__import__ = loud"
    code, messages = start(tiny.task(place / "gpt2", place / "inputs.jsonl", place / "noisy"), code=noisy, fresh=True)
    assert code == 0 and messages[0]["kind"] == "hello" and messages[-1] == {"kind": "done"}


@pytest.mark.parametrize(
    ("change", "code", "exit_code", "words"),
    [
        ({"protocol": 9}, "torch/protocol", 2, "expected protocol 1, found 9"),
        ({"colour": 1}, "torch/protocol", 2, "found colour"),
        ({"device": "mps:7"}, "torch/no-device", 3, "--device torch:mps:7"),
        ({"task": {"model": "/nowhere"}}, "torch/model", 2, "expected a folder with a config.json"),
        ({"task": {"inputs": "/nowhere"}}, "torch/inputs", 2, "found nothing at /nowhere"),
        ({"task": {"attn": "flash"}}, "torch/protocol", 2, "expected attn of eager, sdpa"),
        ({"task": {"speed": 1}}, "torch/protocol", 2, "found speed"),
    ],
)
def test_a_mistake_is_one_line_with_a_code(place: Path, change: dict[str, Any], code: str, exit_code: int, words: str) -> None:
    task = tiny.task(place / "gpt2", place / "inputs.jsonl", place / "mistake")
    task = {**task, **change, "task": {**task["task"], **change.get("task", {})}}
    status, messages = start(task)
    assert status == exit_code
    last = messages[-1]
    assert last["kind"] == "user-error" and last["code"] == code and words in last["message"] and "\n" not in last["message"]


def remade(place: Path, name: str, **settings: Any) -> Path:
    """The tiny model under another config."""
    folder = place / name
    folder.mkdir(exist_ok=True)
    config = json.loads((place / "gpt2" / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **settings}))
    (folder / "model.safetensors").write_bytes((place / "gpt2" / "model.safetensors").read_bytes())
    return folder


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"auto_map": {"AutoModelForCausalLM": "mine.Model"}}, "torch/trust-remote-code", "give --trust-remote-code"),
        ({"model_type": "gpt-9"}, "torch/architecture", 'found "gpt-9"'),
    ],
)
def test_a_model_that_is_not_run_is_one_line(place: Path, settings: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(UserError) as raised, open(os.devnull, "w", encoding="utf-8") as stream:
        run_evaluate(tiny.task(remade(place, code.replace("/", "-"), **settings), place / "inputs.jsonl", place / "refused"), Channel(stream))
    assert raised.value.code == code and words in str(raised.value)


def test_out_of_memory_is_said_and_what_was_measured_is_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nanscope_torch.evaluate as lane

    def forgetful(loaded: Any, batch: Any, observe: Any = None, real: Any = lane.score) -> Any:
        if batch.index == 1:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")
        return real(loaded, batch, observe)

    monkeypatch.setattr(lane, "score", forgetful)
    with pytest.raises(RuntimeError) as raised:
        evaluate(place, "memory")
    code, reason = ending(raised.value)
    assert code == "torch/out-of-memory" and reason.startswith("memory ran out; a smaller --batch-size")
    record = json.loads((place / "memory" / "run.json").read_text())
    assert record["status"] == "failed" and record["metrics"]["batches"] == 1 and record["failure"] == reason


def test_a_python_without_torch_says_what_to_type(place: Path) -> None:
    missing = "import sys\nsys.modules['torch'] = None"
    code, messages = start(tiny.task(place / "gpt2", place / "inputs.jsonl", place / "none"), code=missing, fresh=True)
    assert code == 3 and messages[-1]["code"] == "torch/no-torch" and "-m pip install 'torch>=2.4'" in messages[-1]["message"]
    code, messages = start({"protocol": 1, "kind": "probe"}, code=missing, fresh=True)
    assert code == 0 and "torch" in messages[0]["probe"]["missing"] and messages[0]["probe"]["devices"] == []


def test_a_line_that_is_no_task(place: Path) -> None:
    code, messages = start("no json")
    assert code == 2 and messages == [{"kind": "user-error", "code": "torch/protocol", "message": messages[0]["message"], "exitCode": 2}]


def test_sigterm_ends_with_a_record_that_says_so(place: Path) -> None:
    # Sleeps are short, as ops are: a signal that comes just before one is not seen until it ends.
    slow = "import time\nimport nanscope_torch.evaluate as lane\nreal = lane.score\ndef score(loaded, batch, observe=None):\n    for _ in range(600 * batch.index): time.sleep(0.1)\n    return real(loaded, batch, observe)\nlane.score = score"
    process = python("-c", f"{slow}\nimport runpy\nrunpy.run_module('nanscope_torch', run_name='__main__')", stderr=subprocess.DEVNULL)
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps(tiny.task(place / "gpt2", place / "inputs.jsonl", place / "ended")) + "\n")
    process.stdin.close()
    for line in process.stdout:
        if json.loads(line)["kind"] == "progress":
            process.send_signal(signal.SIGTERM)
            break
    last = json.loads(process.stdout.read().splitlines()[-1])
    assert process.wait(60) == 130 and last == {"kind": "failed", "code": "torch/interrupted", "reason": "interrupted by SIGTERM"}
    record = json.loads((place / "ended" / "run.json").read_text())
    assert record["status"] == "interrupted" and record["metrics"]["batches"] == 1


def test_mps_is_not_asked_for_float64() -> None:
    with pytest.raises(UserError, match="Metal lacks") as refused:
        load_model("anywhere", name=None, device=torch.device("mps"), dtype="float64")
    assert (refused.value.code, refused.value.exit_code) == ("torch/dtype", 2)
