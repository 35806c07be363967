"""The two ways a command ends badly: a mistake of the user's, and a run that went wrong.

Scripts turn the first into one line and exit status 2, the second into one line and status 1. A run
that was told to stop is neither.
"""


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
        # Messages quote text out of files: whatever is in there, the message stays one line.
        line = f"{problem}; {remedy}" if remedy else problem
        super().__init__(" ".join(line.split()))
        self.remedy = " ".join(remedy.split())


class RunError(Exception):
    """A run that began well could not be finished: divergence, a failed parity check."""


class RunStopped(BaseException):
    """Raised inside a run that has been told to stop; no error of the run's, so no `Exception`."""
