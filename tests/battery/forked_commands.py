"""Runs the commands of the battery: everything loads once, then each is a child of its own.

A line of JSON in, what the command is and how it is disturbed; a line of JSON out, how it ended.
The child runs the script as `__main__`, so that its exit status, its output and its memory are
those of the command itself; what torch and the others take to load is in its memory, too.
"""

import fcntl
import json
import os
import resource
import runpy
import signal
import sys
import time
import traceback
from pathlib import Path

import wvexp

SCRIPTS = Path(wvexp.__file__).resolve().parents[1] / "scripts"
# Beyond this nothing is given: an allocation without bound must not harm the machine.
DATA_LIMIT = 6 << 30
POLL = 0.005
PIPE = 1 << 20
PATIENCE = 5  # times the limit by the clock, for what waits in place of working


def load_everything():
    """What the commands import, so that a child begins at once."""
    import datasets  # noqa: F401
    import gensim  # noqa: F401
    import hydra  # noqa: F401
    import nltk  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import torch

    torch.set_num_threads(1)
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])  # loads half of torch at its first use


def run(request):
    """Run one command to its end; how it ended."""
    folder = Path(request["folder"])
    pipes = [_pipe() for _ in ("stdout", "stderr")]
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        _become(request, folder, [writing for _, writing in pipes])
    for _, writing in pipes:
        os.close(writing)
    status, usage, hung = _watch(child, request, folder, began)
    out, err = (_drain(reading) for reading, _ in pipes)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "hung": hung,
        "seconds": time.monotonic() - began,
        "megabytes": usage.ru_maxrss >> 10,
        "stdout": out.decode("utf-8", "backslashreplace"),
        "stderr": err.decode("utf-8", "backslashreplace"),
    }


def _pipe():
    """A pipe that holds all that a command says: a file would grow with the limit on files."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE)
    os.set_blocking(reading, False)
    return reading, writing


def _drain(reading):
    """What lies in the pipe, whoever else still holds its other end."""
    try:
        return os.read(reading, PIPE)
    except BlockingIOError:
        return b""
    finally:
        os.close(reading)


def _become(request, folder, pipes):
    """In the child: the command, and nothing after it."""
    status = 70
    try:
        os.setsid()
        for pipe, number in zip(pipes, (1, 2), strict=True):
            os.dup2(pipe, number)
        if request.get("stdout"):
            os.dup2(os.open(request["stdout"], os.O_WRONLY), 1)
        os.chdir(folder)
        os.environ.update(request["environment"])
        resource.setrlimit(resource.RLIMIT_DATA, (DATA_LIMIT, DATA_LIMIT))
        if request.get("file_limit") is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_limit"],) * 2)
        script = SCRIPTS / f"{request['script']}.py"
        sys.argv = [str(script), *(os.fsdecode(os.fsencode(word)) for word in request["words"])]
        try:
            runpy.run_path(str(script), run_name="__main__")
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
            status = 1
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            status = 120  # as the interpreter does
    finally:
        os._exit(status)


def _watch(child, request, folder, began):
    """Wait for the child; send the signal when its moment has come, and end what hangs."""
    blow = request.get("signal")
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            return status, usage, False
        spent = time.monotonic() - began
        if blow and (any(folder.glob(blow["path"])) if "path" in blow else spent > blow["seconds"]):
            time.sleep(blow.get("later", 0))
            os.kill(child, blow["number"])
            blow = None
        if _worked(child) > request["timeout"] or spent > PATIENCE * request["timeout"]:
            os.killpg(child, signal.SIGKILL)
            _, status, usage = os.wait4(child, 0)
            return status, usage, True
        time.sleep(POLL)


def _worked(child):
    """Seconds of the processor that a process has had; a busy machine is no fault of its."""
    fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    load_everything()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
