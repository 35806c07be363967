"""A frozen sentence encoder with logistic regression: extra `encoder`, key `yardstick.encoder`."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wvexp.config.schema import YardstickKeys
from wvexp.errors import UserError
from wvexp.tasks import SentenceTask, TaskKind
from wvexp.yardsticks.frequent import FREQUENT
from wvexp.yardsticks.regularised import logistic
from wvexp.yardsticks.yardstick import YARDSTICKS, Fit, Problem, Yardstick

_PACKAGE = "sentence_transformers"
# By which sentence-transformers knows a folder of its own.
_MARK = "modules.json"
_PIECE = 1 << 20


class Encoder(Yardstick):
    """The folder is one that `SentenceTransformer.save` wrote; nothing is fetched.

    It reads the words as typed, with blanks between them.
    """

    name, words, version = "sbert", "a frozen sentence encoder with logistic regression", 1

    def serves(self, kind: TaskKind) -> bool:
        return isinstance(kind, SentenceTask)

    def wanted(self, keys: YardstickKeys) -> bool:
        return keys.encoder is not None

    def check(self, keys: YardstickKeys) -> None:
        folder = _folder(keys)
        if not folder.is_dir():
            raise UserError(f"yardstick.encoder={folder}: no such folder", "check the path")
        if not (folder / _MARK).is_file():
            raise UserError(
                f"yardstick.encoder={folder} has no {_MARK}",
                "give a folder that SentenceTransformer.save wrote",
            )
        if find_spec(_PACKAGE) is None:
            raise UserError(
                f"yardstick.encoder={folder} needs sentence-transformers",
                "pip install 'wvexp[encoder]'",
            )

    def describe(self, keys: YardstickKeys) -> dict[str, Any]:
        return {"encoder": _fingerprint(_folder(keys))}

    def fit(self, problem: Problem) -> Fit:
        if len(set(problem.train.labels.tolist())) < 2:
            return FREQUENT.fit(problem)
        model = _loaded(_folder(problem.keys))
        vectors = []
        for split in (problem.train, problem.validation, problem.test):
            problem.go_on()
            texts = [" ".join(words) for words in problem.texts(split)]
            vectors.append(model.encode(texts, show_progress_bar=False, convert_to_numpy=True))
        return logistic(problem, *vectors)


def _folder(keys: YardstickKeys) -> Path:
    assert keys.encoder is not None  # else it is not wanted
    return Path(keys.encoder).expanduser()


@cache
def _loaded(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except Exception as error:
        raise UserError(
            f"yardstick.encoder={folder} cannot be read: {type(error).__name__}: {error}",
            "give a folder that SentenceTransformer.save wrote",
        ) from error


@cache
def _fingerprint(folder: Path) -> str:
    """Hash of every file of the folder with its name."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    digest.update(piece)
            digest.update(b"\1")
    return digest.hexdigest()[:16]


ENCODER = YARDSTICKS.register(Encoder())
