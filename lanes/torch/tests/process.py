"""The lane in a process of its own, as a parent starts it. All but those that say `fresh` are forks of this one as it was before the tests, with PyTorch imported."""

from __future__ import annotations

import atexit
import functools
import json
import os
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
WARM = ROOT.parent.parent / "test" / "fixtures" / "warm_python.py"


@functools.cache
def warm() -> list[str]:
    """A Python that is warm, to be started as `[sys.executable]` is."""
    folder = tempfile.TemporaryDirectory()
    place = f"{folder.name}/socket"
    program = runpy.run_path(str(WARM))
    program["load"]()
    reading, writing = os.pipe()
    server = os.fork()
    if server == 0:
        os.close(writing)
        sys.stdin = open(reading, encoding="utf-8")
        try:
            program["serve"](place)
        finally:
            os._exit(1)

    os.close(reading)
    tests = os.getpid()

    def end() -> None:
        if os.getpid() == tests:
            os.close(writing)
            os.waitpid(server, 0)
            folder.cleanup()

    atexit.register(end)
    return [sys.executable, "-I", "-S", str(WARM), "run", place]


def python(*words: str, fresh: bool = False, environment: dict[str, str] | None = None, **more: Any) -> subprocess.Popen[str]:
    """With pipes for its input and its output, in the folder of the lane."""
    command = [sys.executable] if fresh else warm()
    return subprocess.Popen([*command, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}, **more)


def answers(lines: str, *, code: str = "", fresh: bool = False) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and messages of a lane that is given these lines; `code` runs in its process first."""
    process = python("-c", f"{code}\nimport runpy\nrunpy.run_module('nanscope_torch', run_name='__main__')", fresh=fresh, stderr=subprocess.PIPE)
    out, error = process.communicate(lines, timeout=200)
    messages = [json.loads(each) for each in out.splitlines()]
    assert messages, error
    return process.returncode, messages


def start(task: Any, **how: Any) -> tuple[int, list[dict[str, Any]]]:
    """The same of one task."""
    return answers((task if isinstance(task, str) else json.dumps(task)) + "\n", **how)
