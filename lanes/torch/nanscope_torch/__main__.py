"""`python -m nanscope_torch`: a task line in, lines of JSON out; another task where it stays. What each kind of task does is its own module's business."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from importlib import import_module
from typing import Any

from . import PROTOCOL, __version__
from .errors import Interrupted, UserError, ending, first_line
from .folder import Channel
from .versions import need

FIELDS = {"protocol", "kind", "device", "folder", "task", "stay"}


def read_task(line: str) -> dict[str, Any]:
    """Raises `torch/protocol` for what is no task of this version."""
    try:
        task = json.loads(line)
    except ValueError as error:
        raise UserError("torch/protocol", f"the task: expected a line of JSON, found {first_line(error)}.") from error
    if not isinstance(task, dict) or task.get("protocol") != PROTOCOL:
        found = task.get("protocol") if isinstance(task, dict) else task
        raise UserError("torch/protocol", f"the task: expected protocol {PROTOCOL}, found {json.dumps(found)}. Use the nanscope_torch {__version__} that came with nanscope.")
    unknown = sorted(set(task) - FIELDS)
    if unknown:
        raise UserError("torch/protocol", f"the task: expected {', '.join(sorted(FIELDS))}, found {unknown[0]}.")
    return task


KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "evaluate": ("evaluate", "run_evaluate", ("torch", "transformers")),
    "probe": ("versions", "run_probe", ()),
    "conform": ("ask", "run_conform", ("torch",)),
    "reduce-case": ("reduce", "run_reduce", ("torch", "transformers")),
    "shadow": ("shadow", "run_shadow", ("torch", "transformers")),
}
"""Module and function, loaded when they are asked for, and the packages that they need."""


def run(task: dict[str, Any], channel: Channel) -> None:
    kind = task.get("kind")
    if kind not in KINDS:
        raise UserError("torch/protocol", f"the task: expected a kind of {', '.join(KINDS)}, found {json.dumps(kind)}.")
    module, function, packages = KINDS[kind]
    for package in packages:
        need(package)
    getattr(import_module(f".{module}", __package__), function)(task, channel)


def interrupt(number: int, _frame: object) -> None:
    raise Interrupted(signal.Signals(number).name)


def main() -> int:
    """The exit code: 0, 2 or 3 for the user's mistake, 130 interrupted, else 1."""
    channel = Channel.take_stdout()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
    try:
        task = read_task(sys.stdin.readline())
        run(task, channel)
        while task.get("stay"):
            channel.send("done")
            line = sys.stdin.readline()
            if not line:
                return 0  # Whoever started it is gone.
            task = read_task(line)
            run(task, channel)
    except UserError as error:
        channel.send("user-error", code=error.code, message=str(error), exitCode=error.exit_code)
        return error.exit_code
    except BaseException as error:
        code, reason = ending(error)
        if code == "torch/crashed":
            traceback.print_exc()
        channel.send("failed", code=code, reason=reason)
        return 130 if code == "torch/interrupted" else 1
    channel.send("done")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # A driver's threads must not keep an ended lane alive.
