"""Tensors as lines of JSON carry them, and calls that the parent names: what goes in and what comes out. Which answers are right is its business."""

from __future__ import annotations

import base64
from contextlib import nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from . import PROTOCOL, __version__
from .errors import Refused, first_line, is_out_of_memory
from .folder import Channel
from .versions import settle_device, versions

BROKEN = ("CUDA error", "CUDA driver error", "cuDNN error", "CUBLAS_STATUS", "HIP error", "INTERNAL ASSERT FAILED")
"""What a PyTorch without AcceleratorError says where a device or it itself broke down."""
ARRAYS = {"f4": torch.float32, "f8": torch.float64, "i4": torch.int32, "u1": torch.uint8}


def to_array(name: str, tensor: torch.Tensor) -> dict[str, str]:
    flat = tensor.detach().cpu().reshape(-1).to(ARRAYS[name])
    return {"$": name, "data": base64.b64encode(flat.numpy().tobytes()).decode("ascii")}


def dtype_of(tensor: torch.Tensor) -> str:
    """What it is outside of PyTorch: half types have their place in float32, whole numbers in int32."""
    if tensor.is_floating_point():
        return "float64" if tensor.dtype is torch.float64 else "float32"
    return "bool" if tensor.dtype is torch.bool else "int32"


def to_wire(tensor: torch.Tensor) -> dict[str, Any]:
    """Flat: two lanes may hold the same numbers under other shapes. `steps` are those of a type that is coarser than float32, in it."""
    if tensor.is_complex():
        raise Refused(f"it holds a tensor of {tensor.dtype}")
    dtype = dtype_of(tensor)
    # PyTorch compares no unsigned types beyond bytes, and a uint64 from 2^63 on is below 0 as int64.
    whole = tensor.to(torch.int64) if dtype == "int32" else tensor
    if dtype == "int32" and bool(((whole != whole.int()) | (whole.lt(0) & (not tensor.dtype.is_signed))).any()):
        raise Refused("it holds whole numbers that int32 has no place for")
    steps = {torch.bfloat16: 2**16, torch.float16: 2**13}.get(tensor.dtype)
    values = to_array({"float32": "f4", "float64": "f8", "bool": "u1", "int32": "i4"}[dtype], tensor)
    return {"shape": [tensor.numel()], "dtype": dtype, "values": values, **({"steps": steps} if steps else {})}


def from_wire(given: dict[str, Any]) -> torch.Tensor:
    values = given["values"]
    return torch.frombuffer(bytearray(base64.b64decode(values["data"])), dtype=ARRAYS[values["$"]]) if given["shape"] != [0] else torch.empty(0)


def ask(call: dict[str, Any], device: torch.device) -> dict[str, Any]:
    """
    `answer`, with the gradients of its sum where they are asked for; `refused`, with the reason, where this PyTorch does not do it;
    `failed` where it does, and something else went wrong.
    """
    wanted = call.get("gradients", [])

    def given(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        tensor = from_wire(value).reshape(value["shape"]).to(device=device, dtype=getattr(torch, value["type"]))
        return tensor.transpose(1, 2).contiguous().transpose(1, 2) if value.get("transposed") else tensor

    try:
        function = _named(F, call["function"]) if hasattr(F, call["function"]) else _named(torch, call["function"])
        backend = sdpa_kernel(_named(SDPBackend, call["backend"])) if "backend" in call else nullcontext()
        arguments = {name: given(value) for name, value in call["arguments"].items()}
        inputs = [arguments[name].requires_grad_() for name in wanted]
        with torch.set_grad_enabled(bool(wanted)), backend:
            out = function(**arguments)
            gradients = torch.autograd.grad(out, inputs, torch.ones_like(out)) if wanted else ()
        return {"answer": to_wire(out), **({"gradients": [to_wire(each) for each in gradients]} if wanted else {})}
    except Exception as error:
        return {"refused" if _refusal(error) else "failed": first_line(error)}


def _named(place: Any, name: str) -> Any:
    if not hasattr(place, name):
        raise Refused(f"this PyTorch has no {name}")
    return getattr(place, name)


def _refusal(error: Exception) -> bool:
    """Whether it says no, rather than breaks down: memory that ran out and errors of a device are no answer to what was asked."""
    broken = is_out_of_memory(error) or isinstance(error, getattr(torch, "AcceleratorError", ())) or any(words in str(error) for words in BROKEN)
    return isinstance(error, (Refused, RuntimeError, TypeError, ValueError, NotImplementedError)) and not broken


def run_conform(task: dict[str, Any], channel: Channel) -> None:
    device, label, _ = settle_device(task.get("device", "best"))
    channel.send("hello", protocol=PROTOCOL, version=__version__, **versions(), device=str(device), label=label)
    for call in (task.get("task") or {})["calls"]:
        channel.send("answer", id=call["id"], **ask(call, device))
