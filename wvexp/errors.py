"""The two ways a command ends badly: a mistake of the user's, and a run that went wrong.

Scripts turn the first into one line and exit status 2, the second into one line and status 1. A run
that was told to stop is neither.
"""

import errno

from wvexp.printable import printable

# Characters of a problem, and of a remedy, that are shown.
LONGEST_PART = 600

# What an `OSError` says where a disk is full, a quota is used up, or a file may not grow.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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
        # is fit for a terminal. A file may have a million columns or a label of a million
        # characters: what is quoted ends somewhere, and the remedy still follows.
        line = f"{_short(problem)}; {_short(remedy)}" if remedy else _short(problem)
        super().__init__(printable(line))
        self.problem, self.remedy = (" ".join(part.split()) for part in (problem, remedy))


class RunError(Exception):
    """A run that began well could not be finished: divergence, a failed parity check."""


def _short(part: str) -> str:
    """One line, without the middle of what would fill a page: a cell, a hundred columns."""
    line, half = " ".join(part.split()), LONGEST_PART // 2
    return line if len(line) <= LONGEST_PART else f"{line[:half]} … {line[-half:]}"


class DamagedError(ValueError):
    """What is wrong with a file that a version of this program wrote, in a few words."""


class RunStopped(BaseException):
    """Raised inside a run that has been told to stop; no error of the run's, so no `Exception`."""
