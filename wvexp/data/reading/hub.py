"""Labelled text from the Hugging Face hub, or from a data set folder in the hub's layout."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from wvexp.data.corpus import Corpus
from wvexp.data.reading.asked import Asked
from wvexp.data.reading.encode import build_corpus
from wvexp.data.reading.rows import table_rows
from wvexp.data.reading.table import HEAD, Table
from wvexp.errors import UserError

# The usual names of the parts, tried in this order where no split is given.
SPLIT_NAMES = {
    "train": ("train",),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test",),
}
PROBE_SECONDS = 3.0
_BATCH = 1000  # rows


def read_hub(
    name: str,
    asked: Asked,
    *,
    config_name: str | None = None,
    revision: str | None = None,
    splits: Mapping[str, str | None],
) -> Corpus:
    """The corpus called `name` on the hub; its copy in the local cache where one is offline.

    Parameters
    ----------
    name
        `owner/name` on the hub, or a local folder.
    config_name, revision
        Configuration ("subset") and git revision, for data sets that have several.
    splits
        By part (train, validation, test) the name of its split; None takes a usual one
        (`SPLIT_NAMES`), and splits a missing validation or test part off the training data.

    Raises
    ------
    UserError
        The hub cannot be reached and there is no local copy (known within seconds); no such data
        set, configuration, revision, split or column; the data set needs a loading script.
    """
    offline = Path(name).is_dir() or not hub_answers()
    with quiet_datasets(offline=offline) as datasets:
        try:
            loaded = datasets.load_dataset(name, config_name, revision=revision)
        except Exception as error:
            raise _refused(name, offline, error) from error
        tables = {part: _split(name, loaded, part, splits[part]) for part in SPLIT_NAMES}
        if tables["train"] is None:
            raise _no_split(name, "train", loaded)
        train = table_rows(tables["train"], asked)
        validation, test = (
            None if table is None else table_rows(table, asked.as_in(train))
            for table in (tables["validation"], tables["test"])
        )
        return build_corpus(name, train, validation, test, asked)


def hub_answers() -> bool:
    """One request to the hub, through its own client (which knows of proxies and mirrors).

    False as well where HF_HUB_OFFLINE is set. Without this question `datasets` retries for 23 s.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        get_session().head(constants.ENDPOINT, timeout=PROBE_SECONDS)
    # The client's errors have no name that all its versions share.
    except Exception:
        return False
    return True


def _split(name: str, loaded: Any, part: str, given: str | None) -> Table | None:
    if given is not None and given not in loaded:
        raise _no_split(name, given, loaded)
    names = SPLIT_NAMES[part] if given is None else (given,)
    split = next((split for split in names if split in loaded), None)
    if split is None:
        return None
    return _table(f"{name} ({split})", loaded[split])


def _table(where: str, dataset: Any) -> Table:
    def rows(columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        try:
            batches = dataset.select_columns(list(columns)).with_format("arrow").iter(_BATCH)
            for batch in batches:
                cells = [batch.column(name).to_pylist() for name in columns]
                yield from zip(*cells, strict=True)
        # What the library and those below it raise has no common class.
        except Exception as error:
            raise UserError(f"{where}: unreadable ({error})", "load it anew") from error

    names = dataset.column_names
    cells = list(zip(*islice(rows(names), HEAD), strict=True)) or [()] * len(names)
    features = {name: getattr(f, "feature", f) for name, f in dataset.features.items()}
    classes = {name: f.names for name, f in features.items() if getattr(f, "names", None)}
    return Table(where, dict(zip(names, cells, strict=True)), rows, classes)


@contextlib.contextmanager
def quiet_datasets(*, offline: bool) -> Iterator[Any]:
    """The `datasets` module, without its progress bars and log lines; offline if asked.

    Offline, it neither counts the load at the hub nor retries for 24 s to reach it.
    """
    import datasets
    from huggingface_hub import constants

    verbosity = datasets.utils.logging.get_verbosity()
    bars = datasets.is_progress_bar_enabled()
    before = datasets.config.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE
    datasets.utils.logging.set_verbosity(datasets.utils.logging.CRITICAL)
    datasets.disable_progress_bars()
    if offline:
        datasets.config.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE = True
    try:
        yield datasets
    finally:
        datasets.config.HF_HUB_OFFLINE, constants.HF_HUB_OFFLINE = before
        datasets.utils.logging.set_verbosity(verbosity)
        if bars:
            datasets.enable_progress_bars()


def _no_split(name: str, split: str, loaded: Any) -> UserError:
    return UserError(
        f"{name}: no split {split!r}; it has {', '.join(loaded)}",
        "set data.train_split, data.validation_split or data.test_split",
    )


def _refused(name: str, offline: bool, error: Exception) -> UserError:
    """Why the data set could not be loaded."""
    message = str(error).split("\n")[0]
    if any(sign in message for sign in ("scripts are no longer", "trust_remote_code")):
        return UserError(
            f"{name}: the data set needs a loading script, and no code from the hub is run",
            "take a copy in Parquet (often revision refs/convert/parquet), or load its files",
        )
    if isinstance(error, ValueError) and "onfig" in message:
        return UserError(f"{name}: {message}", "name a configuration with data.config_name")
    if offline and not Path(name).is_dir():
        return UserError(
            f"{name}: the Hugging Face hub cannot be reached, and there is no local copy",
            "go online, unset HF_HUB_OFFLINE, or use data=files",
        )
    return UserError(f"{name}: not loaded from the Hugging Face hub ({message})", "check data.name")
