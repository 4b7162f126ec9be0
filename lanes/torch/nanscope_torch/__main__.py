"""`python -m nanscope_torch`: one task line in, lines of JSON out. What each kind of task does is its own module's business."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from typing import Any

from . import PROTOCOL, __version__
from .channel import Channel
from .errors import Interrupted, LaneFailure, UserError, first_line

FIELDS = {"protocol", "kind", "device", "folder", "task"}


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


def run(task: dict[str, Any], channel: Channel) -> None:
    kind = task.get("kind")
    if kind == "probe":
        from .versions import run_probe

        return run_probe(task.get("task") or {}, channel)
    from .versions import need

    need("torch")
    if kind == "conform":
        from .ask import run_conform

        return run_conform(task, channel)
    if kind == "evaluate":
        need("transformers")
        from .evaluate import run_evaluate

        return run_evaluate(task, channel)
    if kind == "reduce-case":
        need("transformers")
        from .reduce import run_reduce

        return run_reduce(task, channel)
    if kind == "shadow":
        need("transformers")
        from .shadow import run_shadow

        return run_shadow(task, channel)
    raise UserError("torch/protocol", f'the task: expected a kind of evaluate, probe, conform, reduce-case, shadow, found {json.dumps(kind)}.')


def interrupt(number: int, _frame: object) -> None:
    raise Interrupted(signal.Signals(number).name)


def main() -> int:
    """The exit code: 0, 2 or 3 for the user's mistake, 130 interrupted, else 1."""
    channel = Channel.take_stdout()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
    try:
        run(read_task(sys.stdin.readline()), channel)
    except UserError as error:
        channel.send("user-error", code=error.code, message=str(error), exitCode=error.exit_code)
        return error.exit_code
    except LaneFailure as error:
        channel.send("failed", code=error.code, reason=str(error))
        return 1
    except Interrupted as error:
        channel.send("failed", code="torch/interrupted", reason=f"interrupted by {error}")
        return 130
    except BaseException as error:
        from .model import is_out_of_memory, memory_words

        if is_out_of_memory(error):
            channel.send("failed", code="torch/out-of-memory", reason=memory_words("the lane", error))
        else:
            traceback.print_exc()
            channel.send("failed", code="torch/crashed", reason=f"{type(error).__name__}: {first_line(error)}")
        return 1
    channel.send("done")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # A driver's threads must not keep an ended lane alive.
