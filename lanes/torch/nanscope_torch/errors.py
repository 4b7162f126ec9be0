"""What ends a lane early: a mistake of the user's, or a failure that is not the command's. One line each, with a code."""

from __future__ import annotations


class UserError(Exception):
    """A mistake that the user can mend: expected, found, what to do. `exit_code` is 2, or 3 where a device or package is not there."""

    def __init__(self, code: str, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.code = code
        self.exit_code = exit_code


class LaneFailure(Exception):
    """The lane could not go on, for a reason that is not the user's command."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Interrupted(BaseException):
    """SIGTERM or SIGINT. Not an `Exception`, so that no model code can swallow it."""


class Refused(Exception):
    """A question that has no answer, with the reason."""


class NonFiniteFound(ArithmeticError):
    """Raised by `trace(..., raise_on='nan')` after a step whose trace has an origin."""


def first_line(error: BaseException) -> str:
    """The first line that says something, without the rest of a long message."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]


OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "DefaultCPUAllocator", "Cannot allocate memory", "bad_alloc")


def is_out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or any(words in str(error) for words in OUT_OF_MEMORY)


def ending(error: BaseException) -> tuple[str, str]:
    """Code and reason of a lane that ends by it."""
    if isinstance(error, (UserError, LaneFailure)):
        return error.code, str(error)
    if isinstance(error, Interrupted):
        return "torch/interrupted", f"interrupted by {error}"
    if is_out_of_memory(error):
        return "torch/out-of-memory", f"memory ran out; a smaller --batch-size or --max-length needs less: {first_line(error)}"
    return "torch/crashed", f"{type(error).__name__}: {first_line(error)}"
