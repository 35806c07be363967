"""Any vector file -> gensim KeyedVectors: the one way in."""

import logging
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wvexp.vectors.binary import binary_rows, scan_binary
from wvexp.vectors.checks import require_dim
from wvexp.vectors.formats import recognise
from wvexp.vectors.index import Index
from wvexp.vectors.sources import Source, fingerprint, locate, unpack
from wvexp.vectors.text import scan_text, text_rows

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

log = logging.getLogger("wvexp")


def load_vectors(
    path: str | Path,
    words: Iterable[str] | None = None,
    member: str | None = None,
    trust_pickle: bool = False,
    *,
    dim: int | None = None,
) -> "KeyedVectors":
    """The vectors of a file, of any known format, as gensim KeyedVectors.

    Parameters
    ----------
    path
        GloVe or word2vec text, word2vec binary; also packed as .gz, .xz or .zip.
    words
        Only the rows of these, matched exactly; those not in the file are absent from the result.
        All of them when None.
    member
        Which file of a .zip.
    trust_pickle
        Allow gensim's own .kv/.model files, which can run any code when read.
    dim
        The dimension that the file must have; any when None.

    Returns
    -------
    KeyedVectors
        float32 rows, equal to the bit to those of gensim's own full load, in the file's order.

    Raises
    ------
    UserError
        The file cannot be used: what is wrong, on which line or byte, and what to do.
    """
    wanted = None if words is None else set(words)
    source = locate(path, member)
    with tempfile.TemporaryDirectory() as folder:
        plain, index = _read(source, Path(folder))
        require_dim(source.name, index.layout.dim, dim)
        ids = [i for i, word in enumerate(index.words) if wanted is None or word in wanted]
        return _keyed([index.words[i] for i in ids], _rows(plain, source.name, index, ids))


def fingerprint_vectors(path: str | Path, member: str | None = None) -> str:
    """Hash of a vector file's content, equal for equal files wherever and whenever they lie."""
    return fingerprint(locate(path, member))


def vector_words(path: str | Path, member: str | None = None) -> list[str]:
    """Every word of the file, in its order, without reading the rows."""
    with tempfile.TemporaryDirectory() as folder:
        return _read(locate(path, member), Path(folder))[1].words


def _read(source: Source, folder: Path) -> tuple[Path, Index]:
    plain = source.path
    if source.packing:
        plain = folder / "plain"
        unpack(source, plain, lambda _: None)
    layout = recognise(plain, source.name)
    scan = scan_binary if layout.kind == "word2vec binary" else scan_text
    index = scan(plain, source.name, layout, lambda _: None)
    for line in index.problems.lines():
        log.warning("%s: %s", source.name, line)
    return plain, index


def _rows(path: Path, name: str, index: Index, ids: Sequence[int]) -> NDArray[np.float32]:
    read = binary_rows if index.layout.kind == "word2vec binary" else text_rows
    return read(path, name, index, ids)


def _keyed(words: list[str], rows: NDArray[np.float32]) -> "KeyedVectors":
    from gensim.models import KeyedVectors

    vectors = KeyedVectors(rows.shape[1])
    vectors.index_to_key = words
    vectors.key_to_index = {word: i for i, word in enumerate(words)}
    vectors.vectors = rows
    vectors.next_index = len(words)
    return vectors
