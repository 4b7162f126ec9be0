"""What is installed and which devices are there. It can be imported where torch is missing."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import os
import platform
import sys
from typing import Any

from .errors import UserError, first_line
from .folder import Channel

LEAST = {"torch": (2, 4), "transformers": (4, 46)}

# Variables that choose kernels or change numbers.
VARIABLES = (
    "PYTORCH_MPS_DISABLE_PREFILL_ATTENTION", "PYTORCH_MPS_PREFER_METAL", "PYTORCH_MPS_FAST_MATH", "PYTORCH_ENABLE_MPS_FALLBACK",
    "PYTORCH_MPS_HIGH_WATERMARK_RATIO", "TRANSFORMERS_SDPA_FORCE_GQA", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "NVIDIA_TF32_OVERRIDE",
    "CUBLAS_WORKSPACE_CONFIG", "PYTORCH_CUDA_ALLOC_CONF", "CUDA_LAUNCH_BLOCKING", "ATEN_CPU_CAPABILITY", "MKL_CBWR", "OMP_NUM_THREADS",
    "TORCH_CUDNN_SDPA_ENABLED",
)  # fmt: skip


@functools.cache
def version_of(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def versions() -> dict[str, str | None]:
    return {"python": platform.python_version(), **{name: version_of(name) for name in ("torch", "transformers", "safetensors", "numpy")}}


def need(package: str) -> None:
    """Raises `torch/no-torch`, `torch/no-transformers` or `torch/version`, with what to type."""
    least = ".".join(map(str, LEAST[package]))
    install = f"{sys.executable} -m pip install '{package}>={least}'"
    try:
        module = importlib.import_module(package)
    except Exception as error:  # A broken installation raises anything.
        raise UserError(f"torch/no-{package}", f"{sys.executable}: expected {package} {least} or later, found {first_line(error)}. Type: {install}", 3) from error
    found = tuple(int(part) for part in module.__version__.split("+")[0].split(".")[:2])
    if found < LEAST[package]:
        raise UserError("torch/version", f"{sys.executable}: expected {package} {least} or later, found {module.__version__}. Type: {install}", 3)


def variables() -> dict[str, str]:
    return {name: os.environ[name] for name in VARIABLES if name in os.environ}


def devices() -> list[dict[str, Any]]:
    """cpu, mps and each cuda device: `{name, available, label, reason?}`."""
    import torch

    rows: list[dict[str, Any]] = [{"name": "cpu", "available": True, "label": f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}"}]
    if torch.backends.mps.is_available():
        rows.append({"name": "mps", "available": True, "label": f"Metal, macOS {platform.mac_ver()[0]}"})
    else:
        reason = "this is no macOS" if sys.platform != "darwin" else "macOS is older than 14, or this is no Apple GPU" if torch.backends.mps.is_built() else "torch was built without MPS"
        rows.append({"name": "mps", "available": False, "label": "Metal", "reason": reason})
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    for index in range(count):
        rows.append({"name": f"cuda:{index}", "available": True, "label": torch.cuda.get_device_name(index)})
    if count == 0:
        reason = "torch was built without CUDA" if torch.version.cuda is None else "the driver shows no device"
        rows.append({"name": "cuda", "available": False, "label": "CUDA", "reason": reason})
    return rows


def settle_device(asked: str) -> tuple[Any, str, str]:
    """The torch.device, its label, and why it was taken. Raises `torch/no-device`."""
    import torch

    rows = devices()
    there = {row["name"]: row for row in rows if row["available"]}
    if asked == "best":
        name = next(name for name in ("cuda:0", "mps", "cpu") if name in there)
        reason = "the first that is there of cuda, mps, cpu"
    else:
        name = "cuda:0" if asked == "cuda" else asked
        reason = f"torch:{asked} names it"
    if name not in there:
        missing = next((row["reason"] for row in rows if not row["available"] and row["name"] == name.split(":")[0]), "there is no such device")
        raise UserError("torch/no-device", f"--device torch:{asked}: expected one of torch:{', torch:'.join(there)}, found none of that name: {missing}.", 3)
    return torch.device(name), there[name]["label"], reason


def summary() -> str:
    """`torch 2.15.0, transformers 5.24.0`."""
    return ", ".join(f"{name} {version}" for name, version in versions().items() if name in LEAST and version)


def environment() -> dict[str, Any]:
    """`environment` of a lane's record."""
    from . import __version__

    cpu = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), cpu)
    except OSError:
        pass
    return {
        "nanscope": __version__, "node": f"none (Python {platform.python_version()})", "os": sys.platform, "osVersion": platform.mac_ver()[0] or platform.release(),
        "arch": platform.machine(), "cpu": cpu, "cores": os.cpu_count() or 0, "backendVersion": summary(), "strictNumerics": True,
    }  # fmt: skip


def run_probe(task: dict[str, Any], channel: Channel) -> None:
    """What is there, and what each device answers to the calls that the parent names."""
    probe: dict[str, Any] = {**versions(), "executable": sys.executable, "platform": sys.platform, "macos": platform.mac_ver()[0] or None, "environment": variables()}
    missing: dict[str, str] = {}
    for package in LEAST:
        try:
            need(package)
        except UserError as error:
            missing[package] = str(error)
    if missing:
        probe["missing"] = missing
    probe.update(devices=[], sdpaBackends={}, answers=[])
    if "torch" not in missing:
        import torch

        from .ask import ask

        probe["devices"] = devices()
        switches = {name: getattr(torch.backends.cuda, f"{name}_sdp_enabled", None) for name in ("flash", "mem_efficient", "math", "cudnn")}
        probe["sdpaBackends"] = {name: bool(enabled()) for name, enabled in switches.items() if enabled}
        there = [device["name"] for device in probe["devices"] if device["available"]]
        probe["answers"] = [{"device": name, "id": call["id"], **ask(call, torch.device(name))} for name in there for call in (task.get("task") or {}).get("calls", [])]
    channel.send("probe", probe=probe)
