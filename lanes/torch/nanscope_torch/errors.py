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
