"""What leaves the lane, numbers that JSON lacks as strings: messages to the parent, and a run folder, its records replaced in one step."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterable, Iterator, TextIO

from .errors import LaneFailure


def exact(value: Any) -> Any:
    """The same value with NaN and the infinities as the strings that every reader of ours knows."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [exact(item) for item in value]
    return value


def to_json(value: Any, **layout: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, **layout)
    except ValueError:  # Few records have a number that JSON lacks: only those are gone through in Python.
        return json.dumps(exact(value), allow_nan=False, ensure_ascii=False, **layout)


def to_line(value: Any) -> str:
    return to_json(value, separators=(",", ":"))


def to_lines(values: Iterable[Any]) -> str:
    return "".join(to_line(value) + "\n" for value in values)


class Channel:
    """Lines of JSON to whoever started the process, and nothing else on standard output."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    @classmethod
    def take_stdout(cls) -> Channel:
        """Keeps the real standard output for messages; prints of models, users and libraries go to standard error."""
        sys.stdout.flush()
        kept = os.dup(1)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        # What is no UTF-8, as of a path, goes as the escape that JSON has for it.
        return cls(os.fdopen(kept, "w", encoding="utf-8", errors="backslashreplace"))

    def send(self, kind: str, **fields: Any) -> None:
        """One line. A parent that is gone is not an error: the folder holds the results."""
        line = to_line({"kind": kind, **fields}) + "\n"
        try:
            with self._lock:
                self._stream.write(line)
                self._stream.flush()
        except BrokenPipeError:
            pass


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LaneFailure("torch/unwritable", f"{path} cannot be written: {error.strerror or error}") from error


class Folder:
    """A lane's folder. Begins anew: lines of an earlier run in it are removed."""

    def __init__(self, path: str | os.PathLike[str], fresh: Iterable[str] = ()) -> None:
        self.path = Path(path)
        with _writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            for name in fresh:
                (self.path / name).unlink(missing_ok=True)

    def write(self, name: str, record: dict[str, Any]) -> None:
        """Replaces a file in one step: a reader sees the old record or the new one."""
        temporary = self.path / f"{name}.{os.getpid()}.tmp"
        with _writing(self.path / name):
            temporary.write_text(to_json(record, indent=2) + "\n", encoding="utf-8")
            os.replace(temporary, self.path / name)

    def append(self, name: str, values: Iterable[Any]) -> None:
        """Appends a line for each value."""
        self.append_text(name, to_lines(values))

    def append_text(self, name: str, text: str) -> None:
        with _writing(self.path / name), open(self.path / name, "a", encoding="utf-8") as file:
            file.write(text)
