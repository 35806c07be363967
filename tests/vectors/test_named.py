"""gensim-data names: a local copy is used without the network, and without running its code."""

import gzip
from pathlib import Path

import pytest
from gensim import downloader

from wvexp.errors import UserError
from wvexp.vectors.pretrained import load_named, named_path


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(downloader, "BASE_DIR", str(tmp_path))
    return tmp_path


def offline(*_: object, **__: object) -> None:
    raise OSError("Temporary failure in name resolution")


def test_local_copy(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloader, "urlopen", offline)
    folder = data / "glove-tiny-2"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise SystemExit('code that came with the data ran')")
    (folder / "glove-tiny-2.gz").write_bytes(gzip.compress(b"2 2\na 1 2\nb 3 4\n"))
    assert load_named("glove-tiny-2").index_to_key == ["a", "b"]
    assert load_named("glove-tiny-2", words=["b"])["b"].tolist() == [3, 4]


def test_offline_ends_in_one_line(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[object] = []

    def counting(*arguments: object) -> None:
        asked.append(arguments)
        offline()

    monkeypatch.setattr(downloader, "urlopen", counting)
    monkeypatch.setattr(downloader.urllib, "urlretrieve", counting)
    with pytest.raises(UserError, match=r"embed\.name=glove-wiki-gigaword-100: .*embed\.path"):
        load_named("glove-wiki-gigaword-100")
    assert len(asked) == 1
    assert not caplog.records
    assert not downloader.logger.disabled


def test_names_are_no_paths(data: Path) -> None:
    for name in ("../glove", "a/b", "", ".", "..", "a b"):
        with pytest.raises(UserError, match="not a gensim-data name"):
            named_path(name)
