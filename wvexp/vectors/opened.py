"""A vector file ready for reading: unpacked and indexed, the second time out of the cache."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wvexp.vectors import cache
from wvexp.vectors.binary import binary_rows, scan_binary
from wvexp.vectors.checks import refuse
from wvexp.vectors.fasttext import scan_fasttext
from wvexp.vectors.formats import Kind, Layout, recognise
from wvexp.vectors.index import Index
from wvexp.vectors.limits import Limits
from wvexp.vectors.progress import reading
from wvexp.vectors.sources import Source, unpack
from wvexp.vectors.text import scan_text, text_rows

log = logging.getLogger("wvexp")

Scan = Callable[[Path, str, Layout, Callable[[int], None], Limits], Index]
SCANS: dict[Kind, Scan] = {
    "GloVe text": scan_text,
    "word2vec text": scan_text,
    "word2vec binary": scan_binary,
    "fastText binary": scan_fasttext,
}


@dataclass(frozen=True)
class VectorFile:
    """An indexed file.

    plain   the unpacked file
    folder  where what is read may be kept
    """

    name: str
    plain: Path
    index: Index
    folder: Path

    def rows(self, ids: NDArray[np.int64], keep: bool = True) -> NDArray[np.float32]:
        """The rows float32 [ids, dim] at these ascending places of the index, as in the file."""
        if self.index.layout.kind not in ("GloVe text", "word2vec text"):
            return binary_rows(self.plain, self.name, self.index, ids)

        def parse(missing: NDArray[np.int64]) -> NDArray[np.float32]:
            with reading(f"reading the numbers of {self.name}", len(missing)) as advance:
                return text_rows(self.plain, self.name, self.index, missing, advance)

        if not keep:  # piece by piece, under the caller's own progress bar
            return text_rows(self.plain, self.name, self.index, ids, lambda _: None)
        return cache.rows_through(self.folder, self.index.layout.dim, ids, parse)


@contextmanager
def opened(source: Source, limits: Limits) -> Iterator[VectorFile]:
    """Open a file, from the cache where it is kept there whole, else by one pass over it.

    Raises
    ------
    UserError
        The file cannot be used, is larger than `limits` allow, or changed while it was read.
    """
    key = cache.key_of(source)
    kept = _kept(source, key)
    if kept is not None:
        yield kept
        return
    with cache.workspace() as folder:
        plain = source.path
        if source.packing:
            plain = folder / "plain"
            with reading(f"unpacking {source.name}", None) as advance:
                unpack(source, plain, advance, limits)
        layout = recognise(plain, source.name, limits)
        with reading(f"reading {source.name}", os.path.getsize(plain)) as advance:
            index = SCANS[layout.kind](plain, source.name, layout, advance, limits)
        if cache.key_of(source) != key:
            raise refuse(source.name, "", "it changed while it was read", "try again")
        try:
            index.save(folder)
            place = cache.publish(folder, key)
        except OSError as error:
            log.warning("%s is not kept in the cache: %s", source.name, error.strerror)
            place = folder
        yield VectorFile(source.name, place / "plain" if source.packing else plain, index, place)


def _kept(source: Source, key: str) -> VectorFile | None:
    folder = cache.find(key)
    if folder is None:
        return None
    plain = folder / "plain" if source.packing else source.path
    try:
        index = Index.load(folder)
        if plain.stat().st_size < index.spans.max(initial=0):
            raise ValueError(f"{plain} is shorter than its index")
    except (OSError, ValueError, EOFError) as error:
        log.warning("%s: its folder in the cache is damaged and made anew: %s", source.name, error)
        cache.drop(folder)
        return None
    return VectorFile(source.name, plain, index, folder)
