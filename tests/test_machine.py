"""What is free is found, and what needs more is refused with the numbers."""

import os
import subprocess
import sys

import pytest

from wvexp import machine as memory
from wvexp.errors import UserError


def test_the_machine_has_some_memory_and_no_more_than_it_has():
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    free = memory.free_memory()
    assert free is not None
    assert 1 << 20 < free <= total


def test_more_than_is_free_is_refused_with_both_numbers(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 8_000_000_000)
    memory.require_memory("model.hidden=10", 7e9, "give less")
    with pytest.raises(UserError) as refused:
        memory.require_memory("model.hidden=10", 1.6e12, "give less")
    assert str(refused.value) == (
        "model.hidden=10 needs about 1,600 GB of memory, 8 GB are free; give less"
    )


def test_where_the_system_does_not_say_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    memory.require_memory("model.hidden=10", 1e18, "give less")


def test_a_limit_of_the_process_counts():
    program = (
        "import resource; from wvexp.machine import free_memory;"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)); print(free_memory())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert 0 < int(done.stdout) < 1 << 30


def test_a_container_counts_and_its_files_can_be_given_back(tmp_path):
    for name, text in {
        "memory.max": "1000",
        "memory.current": "700",
        "memory.stat": "anon 500\nfile 200\n",
    }.items():
        (tmp_path / name).write_text(text)
    assert memory._of_group(tmp_path) == 500
    (tmp_path / "memory.max").write_text("max")
    assert memory._of_group(tmp_path) is None
    assert memory._of_group(tmp_path / "none") is None
