"""A file is there whole or not at all."""

import os

import pytest

from wvexp.errors import UserError
from wvexp.files import write_text


def test_text_arrives_whole_with_the_usual_permissions(tmp_path):
    path = tmp_path / "graph.svg"
    path.write_text("old")
    write_text(path, "δ\n")
    usual = tmp_path / "usual"
    usual.touch()
    assert path.read_text(encoding="utf-8") == "δ\n"
    assert path.stat().st_mode == usual.stat().st_mode


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "graph.svg"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UserError, match="No space left on device"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["graph.svg"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere/x\.json: No such file or directory"):
        write_text(tmp_path / "nowhere" / "x.json", "{}")
