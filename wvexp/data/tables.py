"""Tables (CSV, TSV, JSON, Parquet, hub data sets) through `datasets`, as Arrow record batches.

This is the only module that knows `datasets`; it is loaded when first needed (0.8 s).
"""

import contextlib
import glob
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wvexp.data.csvform import csv_form
from wvexp.data.inputs import check_file, is_gzip, open_text, unpack
from wvexp.errors import UserError

BATCH = 10_000  # rows


@dataclass(frozen=True)
class Table:
    """Rows with named columns.

    name     what a message calls it: the path, or the data set and split
    dataset  a `datasets.Dataset` or `IterableDataset`
    explain  turns an error of the reader below into the user's
    """

    name: str
    dataset: Any
    explain: Callable[[Exception], UserError]

    def batches(self) -> Iterator[Any]:
        """`pyarrow.Table`s of at most `BATCH` rows; UserError where one cannot be read."""
        batches = iter(self.dataset.with_format("arrow").iter(batch_size=BATCH))
        while True:
            try:
                batch = next(batches, None)
                if batch is not None:
                    batch.validate(full=True)  # the JSON reader lets through what is not UTF-8
            except Exception as error:
                raise self.explain(error) from error
            if batch is None:
                return
            yield batch

    def class_names(self, column: str) -> list[str] | None:
        """Names of the classes that the column's integers stand for, where the data says so."""
        feature = (self.dataset.features or {}).get(column)
        feature = getattr(feature, "feature", feature)  # of a list of classes
        return getattr(feature, "names", None)


@contextlib.contextmanager
def open_table(path: Path, kind: str) -> Iterator[Table]:
    """The table in a local file, streamed: memory holds one batch, nothing stays on disk.

    Raises
    ------
    UserError
        The file is missing, empty, damaged or malformed; raised here or while batches are read.
    """
    check_file(path)
    with tempfile.TemporaryDirectory(prefix="wvexp-") as folder:
        plain = Path(folder, f"data.{kind}")
        if is_gzip(path):
            unpack(path, plain)
        else:
            # `datasets` reads a path as a glob pattern; under this name nothing is one.
            plain.symlink_to(path.resolve())
        loader, options = kind, {}
        if kind in ("csv", "tsv"):
            loader, options = "csv", _csv_options(path, kind)

        def explain(error: Exception) -> UserError:
            return _unreadable(path, kind, error)

        with quiet_datasets(offline=True) as datasets:
            try:
                dataset = datasets.load_dataset(
                    loader,
                    data_files=glob.escape(str(plain)),
                    split="train",
                    streaming=True,
                    cache_dir=str(Path(folder, "cache")),
                    **options,
                )
            except Exception as error:
                raise explain(error) from error
            yield Table(str(path), dataset, explain)


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


def _csv_options(path: Path, kind: str) -> dict[str, Any]:
    """How `datasets` is to read the file: every field as the text that stands in it.

    Left to themselves, the words "NA", "null" and "nan" become missing values.
    """
    import datasets

    form = csv_form(path, kind)
    return {
        "delimiter": form.delimiter,
        "quoting": form.quoting,
        "na_filter": False,
        "encoding": "utf-8-sig",
        "features": datasets.Features({name: datasets.Value("string") for name in form.columns}),
    }


def _unreadable(path: Path, kind: str, error: Exception) -> UserError:
    """What is wrong with a file that `datasets` refused."""
    if kind == "json":
        with open_text(path) as file:
            for number, line in enumerate(file, start=1):
                if number == 1 and line.lstrip().startswith("["):
                    break  # one list of objects
                if line.strip() and (problem := _not_an_object(line)):
                    return UserError(
                        f"{path}: line {number} is not {problem}", "give one JSON object a line"
                    )
    return UserError(f"{path}: not a readable {kind} file ({error})", "write the file anew")


def _not_an_object(line: str) -> str | None:
    try:
        return None if isinstance(json.loads(line), dict) else "a JSON object"
    except json.JSONDecodeError as error:
        return f"JSON ({error.msg} in column {error.colno})"
