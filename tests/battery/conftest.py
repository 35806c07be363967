"""The process that runs the commands of the battery, and the small inputs that they share."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


class Commands:
    """The other end of `forked_commands.py`."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "forked_commands.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "HF_HUB_OFFLINE": "1",
                "COLUMNS": "100",
            },
        )
        assert self.process.stdout.readline() == "ready\n"

    def __call__(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@pytest.fixture(scope="session")
def commands():
    running = Commands()
    yield running
    running.close()
