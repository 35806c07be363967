"""The machine: how much memory is free, a refusal of what needs more, and one thread per run."""

import os
import resource
from pathlib import Path

from threadpoolctl import threadpool_limits

from wvexp.errors import UserError

_GROUPS = Path("/sys/fs/cgroup")


def require_memory(what: str, needed: float, remedy: str) -> None:
    """UserError where `what` needs more bytes than are free.

    Asked before a large allocation: the machine would swap or end the program without a word.
    """
    free = free_memory()
    if free is not None and needed > free:
        raise UserError(
            f"{what} needs about {in_gigabytes(needed)} of memory, {in_gigabytes(free)} are free",
            remedy,
        )


def free_memory() -> int | None:
    """Bytes that this process may still take; None where the system does not say.

    The least of what the machine, the control group (a container) and the process's own limits
    leave.
    """
    left = [_of_machine(), _of_group(_GROUPS), *map(_of_process, _LIMITS)]
    return min((one for one in left if one is not None), default=None)


def in_gigabytes(count: float) -> str:
    """Such as `0.25 GB` or `1,600 GB`."""
    return f"{count / 1e9:,.0f} GB" if count >= 1e10 else f"{count / 1e9:.2g} GB"


_LIMITS = (resource.RLIMIT_AS, resource.RLIMIT_DATA)


def _of_machine() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    try:  # what there is, used or not: macOS does not say what is free
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def _of_group(folder: Path) -> int | None:
    """What cgroup v2 leaves; pages of files can be given back."""
    try:
        most = int((folder / "memory.max").read_text())
        used = int((folder / "memory.current").read_text())
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return max(0, most - used + int(stat.get("file", 0)))
    except (OSError, ValueError):  # no such group, or "max"
        return None


def _of_process(limit: int) -> int | None:
    """A limit of the process (`ulimit -v`), less what it has."""
    most, _ = resource.getrlimit(limit)
    if most == resource.RLIM_INFINITY:
        return None
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[5 if limit != _LIMITS[0] else 0])
    except OSError:
        return most
    return max(0, most - pages * os.sysconf("SC_PAGE_SIZE"))


def one_blas_thread() -> None:
    """Keep every BLAS in the process to one thread, from now on.

    Two threads in a product as small as these wait for one another longer than they work: with
    two, the parity checks of a run on Brown tags took 21 % of its CPU time, with one under 1 %.
    """
    threadpool_limits(1, user_api="blas")
