"""Data sets of the hub, from local folders and the local cache; and the hub out of reach."""

import json
from pathlib import Path

import pytest

from wvexp.data.corpus import Corpus
from wvexp.data.reading import hub
from wvexp.data.reading.hub import hub_answers, read_hub
from wvexp.errors import UserError


def read(name: str, **options) -> Corpus:
    defaults = {"text": None, "label": None, "task": None, "seed": 0}
    return read_hub(name, **{**defaults, **options})


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The library's cache, empty and in the test's folder."""
    import datasets

    cache = tmp_path / "cache"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)
    return cache


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's client fails as it does without a network, whatever this machine can reach."""
    from huggingface_hub import utils

    class Unreachable:
        def head(self, url: str, timeout: float) -> None:
            raise ConnectionError(url)

    monkeypatch.setattr(utils, "get_session", Unreachable)


def write_folder(folder: Path, **splits: int) -> Path:
    folder.mkdir(parents=True)
    for split, rows in splits.items():
        lines = [{"text": f"{split} text {i} .", "label": i % 2} for i in range(rows)]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_a_folder_in_the_hubs_layout(tmp_path: Path) -> None:
    corpus = read(str(write_folder(tmp_path / "films", train=100, test=10)))
    parts = corpus.train, corpus.validation, corpus.test
    assert [split.sentences for split in parts] == [90, 10, 10]
    assert corpus.label_names == ["0", "1"]
    assert corpus.lexicon[corpus.test.word_ids[0]] == "test"


def test_splits_by_key(tmp_path: Path) -> None:
    name = str(write_folder(tmp_path / "films", train=20, validation=6, test=4))
    corpus = read(name, train_split="validation", validation_split="test", test_split="train")
    parts = corpus.train, corpus.validation, corpus.test
    assert [split.sentences for split in parts] == [6, 4, 20]
    with pytest.raises(UserError, match="no split 'dev'; it has train, validation, test"):
        read(name, validation_split="dev")


def test_bad_columns_and_configurations_are_named(tmp_path: Path) -> None:
    name = str(write_folder(tmp_path / "films", train=20))
    with pytest.raises(UserError, match=r"films \(train\): no column 'review'"):
        read(name, text="review")
    with pytest.raises(UserError, match=r"name a configuration with data\.config_name"):
        read(name, config_name="plot")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UserError, match="doesn't contain any data files"):
        read("nothing")


def test_a_script_is_refused_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "films.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(UserError, match="needs a loading script, and no code from the hub is run"):
        read("films")
    assert not (tmp_path / "ran").exists()


@pytest.mark.usefixtures("no_network")
def test_offline_it_says_so_and_does_not_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets
    from huggingface_hub import constants

    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    with pytest.raises(UserError, match="hub cannot be reached, and there is no local copy"):
        read("someone/films")
    assert waits == []
    assert not datasets.config.HF_HUB_OFFLINE
    assert not constants.HF_HUB_OFFLINE


@pytest.mark.usefixtures("no_network")
def test_offline_the_copy_in_the_cache_is_used(tmp_path: Path, empty_cache: Path) -> None:
    read(str(write_folder(tmp_path / "films", train=20, test=4)))
    (empty_cache / "films").rename(empty_cache / "someone___films")
    corpus = read("someone/films")
    assert (corpus.name, corpus.test.sentences) == ("someone/films", 4)


def test_the_probe_respects_offline_mode_and_believes_any_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub import constants, utils

    asked: list[tuple[str, float]] = []

    class Answering:
        def head(self, url: str, timeout: float) -> str:
            asked.append((url, timeout))
            return "503"

    monkeypatch.setattr(utils, "get_session", Answering)
    assert hub_answers()
    assert asked == [(constants.ENDPOINT, hub.PROBE_SECONDS)]
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert not hub_answers()
    assert len(asked) == 1
