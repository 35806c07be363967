"""Vectors of one's own text, trained once and kept in the cache by content and settings."""

import hashlib
import json
import logging
import os
import time
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from wvexp.errors import UserError
from wvexp.files import cache_root
from wvexp.vectors.cache import workspace
from wvexp.vectors.checks import require_dim
from wvexp.vectors.own.settings import DIM, FASTTEXT, Training
from wvexp.vectors.own.text import OwnText, Tokenised, tokenise
from wvexp.vectors.own.training import GoneOnFrom, train_vectors
from wvexp.vectors.pretrained import describe_vectors, fingerprint_vectors
from wvexp.vectors.progress import reading

VERSION = 1  # raise it when the same text and settings give other vectors
_FEWEST_WORDS = 10

log = logging.getLogger("wvexp")


@dataclass(frozen=True)
class OwnVectors:
    """What is trained, on which text.

    dim    None for that of the file from which training goes on, or 100
    start  that file; None to begin at random
    """

    text: OwnText
    method: str
    dim: int | None
    training: Training
    start: GoneOnFrom | None = None

    def made(self) -> Path:
        """The vector file: the one kept, or a new one.

        Raises
        ------
        UserError
            The text cannot be read, has too few words, or the file from which training goes on
            does not fit; the cache cannot be written.
        """
        if self.place.is_file():
            return self.place
        self._check_place()
        name, least = self.text.path.name, self.training.min_count
        began = time.perf_counter()
        with workspace() as folder:
            text = self._tokenised(folder / "text")
            label, total = f"training {self.method} on {name}", self.training.epochs * text.tokens
            with reading(label, total) as advance:
                new = folder / "vectors.bin"
                train_vectors(
                    text, self.method, self._width, self.training, self.start, new, advance
                )
            self._keep(new)
        known = sum(n >= least for n in text.counts.values())
        log.warning(
            "%s: %s tokens read, %s vectors of %d dimensions trained for its %s words%s in %.1f s; "
            "kept as %s",
            name,
            f"{text.tokens:,}",
            self.method,
            self._width,
            f"{known:,}",
            "" if least == 1 else f" that come {least} times or more",
            time.perf_counter() - began,
            self.place,
        )
        return self.place

    def check(self) -> None:
        """Read the text and say what is in it, without training.

        Raises
        ------
        UserError
            As `made`.
        """
        with workspace() as folder:
            text = self._tokenised(folder / "text")
        log.warning(
            "%s: %s tokens read, %s different words; vectors are trained by the first run that "
            "needs them",
            self.text.path.name,
            f"{text.tokens:,}",
            f"{len(text.counts):,}",
        )

    @cached_property
    def place(self) -> Path:
        """Where the file is kept: its name holds a hash of the content and every setting."""
        self.text.check()
        name = self.text.path.name.split(".")[0]
        made_of = {
            "version": VERSION,
            "gensim": version("gensim"),
            "text": self.text.describe(),
            "method": self.method,
            "dim": self._width,
            "training": asdict(self.training),
            "start": self.start and fingerprint_vectors(self.start.path, self.start.member),
        }
        key = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]
        return cache_root().absolute() / "own" / f"{name}-{self.method}-{self._width}d-{key}.bin"

    @cached_property
    def _width(self) -> int:
        if self.start is None:
            return self.dim or DIM
        start = self.start
        if self.method == FASTTEXT:
            raise UserError(
                f"embed.method={FASTTEXT} with embed.path={start.path}: fastText's word pieces "
                "cannot go on from another file",
                "leave embed.method out: word2vec goes on from any file",
            )
        about = describe_vectors(start.path, start.member, start.trust_pickle, start.limits)
        require_dim(str(start.path), about.dim, self.dim)
        return about.dim

    def _tokenised(self, target: Path) -> Tokenised:
        name, least = self.text.path, self.training.min_count
        with reading(f"reading {name.name}", None) as advance:
            text = tokenise(self.text, target, advance)
        known = sum(n >= least for n in text.counts.values())
        if known < _FEWEST_WORDS:
            often = "" if least == 1 else f" that come {least} times or more"
            raise UserError(
                f"{name}: of its {len(text.counts):,} different words too few to train vectors on, "
                f"{known}{often}",
                "give more text" + ("" if least == 1 else ", or embed.own.min_count=1"),
            )
        return text

    def _keep(self, new: Path) -> None:
        try:
            with new.open("rb+") as file:
                os.fsync(file.fileno())  # else a power cut could leave zeros under the final name
            os.replace(new, self.place)
        except OSError as error:
            raise self._unkept(error.strerror or str(error)) from error

    def _unkept(self, why: str) -> UserError:
        return UserError(
            f"{self.place.parent}: vectors of {self.text.path.name} cannot be kept there: {why}",
            "set WVEXP_CACHE to a folder that can be written",
        )

    def _check_place(self) -> None:
        folder = self.place.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unkept(error.strerror or str(error)) from error
        if not os.access(folder, os.W_OK | os.X_OK):
            raise self._unkept("no permission")
