"""Lines of JSON to the parent, and nothing else on standard output: file descriptor 1 is set aside at the start."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any, TextIO

from .folder import exact


class Channel:
    """Sends messages to whoever started the process."""

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
        return cls(os.fdopen(kept, "w", encoding="utf-8"))

    def send(self, kind: str, **fields: Any) -> None:
        """One line. A parent that is gone is not an error: the folder holds the results."""
        line = json.dumps(exact({"kind": kind, **fields}), allow_nan=False) + "\n"
        try:
            with self._lock:
                self._stream.write(line)
                self._stream.flush()
        except BrokenPipeError:
            pass
