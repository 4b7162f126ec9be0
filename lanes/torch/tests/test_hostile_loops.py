"""What people really run around a `trace`: the same bits, the fault at its op, no false alarm, and never an error of ours."""

from __future__ import annotations

import copy
import io
import math
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from small import ones, record_of, small
from torch import nn
from torch.func import functional_call, grad, jvp, vmap

import nanscope_torch

Body = Callable[[nn.Module], list[torch.Tensor]]


class Embedded(nn.Module):
    """Its gradients are sparse."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table, self.out = nn.Embedding(16, 8, sparse=True), nn.Linear(8, 4)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.out(self.table(ids))


class Complex(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.weight = nn.Parameter(torch.randn(4, 4, dtype=torch.complex64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.fft.ifft(torch.fft.fft(x) @ self.weight).abs()


def trained(model: nn.Module, optimizer: torch.optim.Optimizer, loss: Callable[[], torch.Tensor]) -> list[torch.Tensor]:
    found = []
    for _ in range(3):
        value = loss()
        value.backward()
        optimizer.step()
        optimizer.zero_grad()
        found.append(value.detach())
    return [*found, *(parameter.detach().clone() for parameter in model.parameters())]


def plain(model: nn.Module) -> list[torch.Tensor]:
    return trained(model, torch.optim.AdamW(model.parameters()), lambda: model(ones()).pow(2).mean())


def sparse(model: nn.Module) -> list[torch.Tensor]:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return trained(model, optimizer, lambda: model(torch.tensor([[1, 2, 2]])).pow(2).mean())


def closure(model: nn.Module) -> list[torch.Tensor]:
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=3)

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = model(ones()).pow(2).mean()
        value.backward()
        return value

    return [optimizer.step(loss).detach() for _ in range(2)]


def transforms(model: nn.Module) -> list[torch.Tensor]:
    weights = {name: parameter.detach() for name, parameter in model.named_parameters()}
    each = vmap(grad(lambda given, x: functional_call(model, given, (x[None],)).sum()), in_dims=(None, 0))(weights, ones(3))
    return [*each.values(), jvp(model, (ones(),), (ones(),))[1].detach()]


def copied(model: nn.Module) -> list[torch.Tensor]:
    """Copies, in other types too, and a file of the whole model."""
    others = [copy.deepcopy(model).to(dtype) for dtype in (torch.float64, torch.bfloat16)]
    out = [other(ones().to(next(other.parameters()).dtype)).detach() for other in others]
    torch.save(model, io.BytesIO())
    return [*out, model(ones()).detach()]


def threads(model: nn.Module) -> list[torch.Tensor]:
    found: dict[tuple[int, int], torch.Tensor] = {}

    def work(which: int) -> None:
        with torch.no_grad():
            for step in range(20):
                found[which, step] = model(ones())

    other = threading.Thread(target=work, args=(1,))
    other.start()
    work(0)
    other.join()
    return [found[key] for key in sorted(found)]


def ragged(model: nn.Module) -> list[torch.Tensor]:
    return [row.detach() for layout in (torch.strided, torch.jagged) for row in model(torch.nested.nested_tensor([ones(2), ones(3)], layout=layout)).unbind()]


def types(model: nn.Module) -> list[torch.Tensor]:
    eight = ones().to(torch.float8_e4m3fn)
    whole = (ones() * 3).to(torch.int8)
    return [model(eight.float()).detach(), whole.sum(), torch.quantize_per_tensor(ones(), 0.1, 0, torch.qint8).dequantize()]


def saved(model: nn.Module) -> list[torch.Tensor]:
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    model.load_state_dict(torch.load(file, weights_only=True))
    return [model(ones()).detach()]


LOOPS: dict[str, tuple[Callable[[], nn.Module], Body, str, str]] = {
    # Model, loop, the weight that a NaN is put into, and the beginning of the key at which that is found.
    "an op of autograd that could be taken apart": (small, plain, "2.weight", "forward/2/addmm"),
    "sparse gradients": (Embedded, sparse, "table.weight", "forward/table/embedding"),
    "complex numbers": (Complex, lambda model: plain_of(model, torch.ones(2, 4)), "weight", "forward/mm"),
    "an optimizer that calls the model": (small, closure, "2.weight", "forward/2/addmm"),
    "torch.func": (small, transforms, "2.weight", "forward/2/mm"),
    "copies of the model": (small, copied, "2.weight", "forward/clone"),
    "a thread of its own": (small, threads, "2.weight", "forward/2/addmm"),
    "nested tensors": (small, ragged, "2.weight", "forward/2/"),
    "types without float32's bits": (small, types, "2.weight", "forward/2/addmm"),
    "a file that is read back": (small, saved, "2.weight", "forward/copy_"),
}


def plain_of(model: nn.Module, given: torch.Tensor) -> list[torch.Tensor]:
    return trained(model, torch.optim.SGD(model.parameters(), lr=0.1), lambda: model(given).sum())


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.filterwarnings("ignore")
def test_a_loop_has_the_same_bits_and_its_fault_is_found(tmp_path: Path, name: str) -> None:
    make, body, weight, key = LOOPS[name]
    for poison in (False, True):
        results = []
        for traced in (False, True):
            model = make()
            if poison:
                with torch.no_grad():
                    model.get_parameter(weight)[1:3] = torch.nan
            if traced:
                with nanscope_torch.trace(model, out=tmp_path) as run:
                    results.append(body(model))
            else:
                results.append(body(model))
        for one, other in zip(*results):
            assert one.dtype == other.dtype and torch.equal(one.nan_to_num(nan=7.25), other.nan_to_num(nan=7.25))
        origin = run.cascade.get("origin")
        assert origin["key"].startswith(key) if poison else origin is None, origin
        notes = record_of(tmp_path)["modelFacts"]["notes"]
        assert [note["text"] for note in notes if "looked at" in note["text"]] == []


def test_a_compiled_model_is_said_to_be_one(tmp_path: Path) -> None:
    model = torch.compile(small(), backend="eager")
    with pytest.warns(UserWarning, match="torch.compile"), nanscope_torch.trace(model, out=tmp_path):
        model(ones())
    assert "compiled" in record_of(tmp_path)["modelFacts"]["notes"][0]["text"]


def test_a_model_that_never_ran_here_is_said_to_be_one(tmp_path: Path) -> None:
    model, other = small(), small()
    with pytest.warns(UserWarning, match="never called"), nanscope_torch.trace(model, out=tmp_path):
        other(ones())
    with pytest.warns(UserWarning, match="another thread"), nanscope_torch.trace(model, out=tmp_path):
        model(ones())
        thread = threading.Thread(target=model, args=(ones(),))
        thread.start()
        thread.join()


def test_an_op_that_cannot_be_looked_at_does_not_end_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr("nanscope_torch.recorder.Recorder._measure", refuse)
    model = small()
    with pytest.warns(UserWarning, match="addmm could not be looked at: no room"), nanscope_torch.trace(model, out=tmp_path):
        assert torch.equal(model(ones()), model(ones()))


def test_an_interrupted_loop_says_so(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), nanscope_torch.trace(model := small(), out=tmp_path):
        model(ones())
        raise KeyboardInterrupt
    assert record_of(tmp_path)["status"] == "interrupted"


def test_what_cannot_be_traced_is_refused_and_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "eval").mkdir()
    (tmp_path / "eval" / "run.json").write_text('{"command": "nanscope eval"}')
    with pytest.raises(ValueError, match="found another run"), nanscope_torch.trace(small(), out=tmp_path / "eval"):
        pass
    with pytest.raises(TypeError, match="found str"):
        nanscope_torch.trace("gpt2", out=tmp_path)  # type: ignore[arg-type]
    with warnings.catch_warnings(), nanscope_torch.trace(model := small(), out=tmp_path / "one"):
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match="no other trace"), nanscope_torch.trace(model, out=tmp_path / "two"):
            pass
        model(ones())
    assert record_of(tmp_path / "one")["status"] == "complete" and not (tmp_path / "two").exists()
    assert torch._C._len_torch_dispatch_stack() == 0


class Rows(torch.utils.data.Dataset):
    """Of each row, how many ops a tap saw in the process that loads it."""

    def __init__(self, tap: Any) -> None:
        self.tap = tap

    def __len__(self) -> int:
        return 4

    def __getitem__(self, _: int) -> torch.Tensor:
        return torch.ones(3).sum() * 0 + len(self.tap.recorder.ops)


def test_workers_that_load_data_are_not_traced(tmp_path: Path) -> None:
    with nanscope_torch.trace(model := small(), out=tmp_path) as run:
        model(ones())
        seen = list(torch.utils.data.DataLoader(Rows(run._tap), batch_size=None, num_workers=1, multiprocessing_context="fork"))
    assert len(seen) == 4 and len({int(count) for count in seen}) == 1


def test_a_loop_that_never_calls_the_model_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nanscope_torch.tap.MOST_OPS", 10)
    with pytest.warns(UserWarning, match="never called"), nanscope_torch.trace(model := small(), out=tmp_path):
        for _ in range(10):
            model.forward(ones())
    assert record_of(tmp_path)["cascade"]["batchesTraced"] > 2


NOTHING: dict[str, tuple[Callable[[torch.Tensor], Any], str]] = {
    "labels that are all ignored": (lambda out: nn.functional.cross_entropy(out, torch.tensor([-100, -100])), "no label counts"),
    "the mean of nothing": (lambda out: out[:0].mean(), "mean over 0 elements"),
    "the deviation of one row": (lambda out: out[:1].std(0), "std over 1 element"),
    "a norm without eps": (lambda out: nn.functional.layer_norm(out * 0, (4,), eps=0.0), "native_layer_norm with eps 0"),
    "Adam without eps": (lambda out: torch.addcdiv(out, out * 0, out * 0), "addcdiv of"),
}


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.filterwarnings("ignore")
def test_a_division_of_0_by_0_that_nobody_wrote_is_no_fault_of_a_kernel(tmp_path: Path, name: str) -> None:
    loss, evidence = NOTHING[name]
    with nanscope_torch.trace(model := small(), out=tmp_path) as run:
        loss(model(ones()))
    mechanism = run.cascade["origin"]["mechanism"]
    assert mechanism["name"] == "0 / 0" and mechanism["evidence"].startswith(evidence)


def test_a_weight_that_is_written_to_behind_torch_is_no_fault_of_a_kernel(tmp_path: Path) -> None:
    with nanscope_torch.trace(model := small(), out=tmp_path) as run:
        model(ones())
        model[2].weight.detach().numpy()[1, 2] = math.nan
        model(ones())
    origin = run.cascade["origin"]
    assert origin["batch"] == 1 and origin["mechanism"]["evidence"] == "2.weight holds 1 NaN, before any op ran on it"


def test_a_gradient_that_was_there_before_has_its_name(tmp_path: Path) -> None:
    model = small()
    model(ones()).sum().backward()
    model[2].weight.grad[0, 0] = math.inf
    with nanscope_torch.trace(model, out=tmp_path) as run:
        model(ones()).sum().backward()
    assert run.cascade["origin"]["mechanism"]["evidence"].startswith("grad.2.weight holds 1 +inf")
