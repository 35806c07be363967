"""The two ways a command ends badly: a mistake of the user's, and a run that went wrong.

Scripts turn the first into one line and exit status 2, the second into one line and status 1. A run
that was told to stop is neither.
"""

import re

LONGEST_PART = 1500  # characters of a message's problem, and of its remedy
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class UserError(Exception):
    """Something the user gave cannot be used: a file, a key, a combination.

    Parameters
    ----------
    problem
        What was got and what was expected, with the offending value in it.
    remedy
        What to type or change instead.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        # Messages quote text out of files: whatever is in there, the message stays one line, and
        # no control code reaches a terminal. A file may have a million columns or a label of a
        # million characters: what is quoted ends somewhere, and the remedy still follows.
        parts = [" ".join(part.split()) for part in (problem, remedy) if part]
        line = "; ".join(f"{p[:LONGEST_PART]}..." if len(p) > LONGEST_PART else p for p in parts)
        super().__init__(_CONTROL.sub(lambda found: ascii(found[0])[1:-1], line))


class RunError(Exception):
    """A run that began well could not be finished: divergence, a failed parity check."""


class RunStopped(BaseException):
    """Raised inside a run that has been told to stop; no error of the run's, so no `Exception`."""
