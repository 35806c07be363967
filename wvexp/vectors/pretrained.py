"""Any vector file, folder or gensim-data name -> gensim KeyedVectors: the one way in.

gensim is imported here alone, and only when vectors are made.
"""

import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wvexp.config.arguments import check_path
from wvexp.errors import UserError
from wvexp.vectors.checks import Problems, refuse, require_finite
from wvexp.vectors.description import VectorFileInfo, info_of, spread
from wvexp.vectors.fasttext import fasttext_rows, ngrams_of
from wvexp.vectors.formats import PickleRefusedError
from wvexp.vectors.limits import DEFAULT_LIMITS, Limits
from wvexp.vectors.opened import VectorFile, opened
from wvexp.vectors.progress import reading
from wvexp.vectors.sources import fingerprint, locate
from wvexp.vectors.static import StaticFolder, open_static, static_fingerprint

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

PIECE = 64 << 20  # bytes of rows in memory at a time, where all are looked through
SAMPLE = 2000  # rows that the statistics of a file are taken from

log = logging.getLogger("wvexp")


def load_vectors(
    path: str | Path,
    words: Iterable[str] | None = None,
    member: str | None = None,
    trust_pickle: bool = False,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> "KeyedVectors":
    """The vectors of a file or folder, of any known format, as gensim KeyedVectors.

        vectors = wvexp.load_vectors("glove.6B.100d.txt", words=["film", "plot"])

    Parameters
    ----------
    path
        GloVe or word2vec text, word2vec binary, fastText .vec or .bin, any of them also packed as
        .gz, .xz or .zip; or a folder with model.safetensors and tokenizer.json.
    words
        Only the rows of these, matched exactly; words without a vector are absent from the
        result. The file's own words when None.
    member
        Which file of a .zip.
    trust_pickle
        Allow gensim's own .kv/.model files, which can run any code when read.
    limits
        How large a line, a row and the unpacked file may be.

    Returns
    -------
    KeyedVectors
        float32 rows, equal to the bit to those of gensim's own full load, in the file's order;
        then words that only subwords give a vector, in the order given.

    Raises
    ------
    UserError
        The file cannot be used: what is wrong, on which line or byte, and what to do.
    """
    check_path("load_vectors", path, "give the path of a vector file, such as glove.6B.100d.txt")
    if isinstance(words, str):  # an iterable of words too, of one letter each
        raise UserError(f"words={words!r} is one text, not several words", "give a list of words")
    wanted = None if words is None else list(dict.fromkeys(words))
    if Path(path).expanduser().is_dir():
        folder = open_static(Path(path).expanduser())
        return _checked(folder.name, *folder.vectors(folder.forms if wanted is None else wanted))
    source = locate(path, member)
    try:
        with opened(source, limits) as file:
            for line in file.index.problems.lines():
                _say_once(f"{source.name}: {line}")
            return _checked(source.name, *_vectors(file, wanted))
    except PickleRefusedError:
        if not trust_pickle or source.packing:
            raise
    return _unpickle(source.path, wanted)


def load_named(name: str, words: Iterable[str] | None = None) -> "KeyedVectors":
    """Vectors by their gensim-data name, such as `glove-wiki-gigaword-100`.

    A copy in gensim's data folder (`GENSIM_DATA_DIR`, else ~/gensim-data) is used as it is;
    otherwise gensim downloads it there. Code that comes with the data is never run.

    Raises
    ------
    UserError
        No such name, or it is not there and cannot be downloaded.
    """
    return load_vectors(named_path(name), words)


def named_path(name: str) -> Path:
    """Where the file of a gensim-data name lies, downloaded if need be; see `load_named`."""
    import socket

    from gensim import downloader

    remedy = "name a file with embed.path, or put the data into the folder GENSIM_DATA_DIR names"
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or name[0] == ".":
        raise UserError(f"embed.name={name}: not a gensim-data name", remedy)
    folder = Path(downloader.BASE_DIR) / name
    if folder.is_dir():
        for file in sorted(folder.iterdir()):
            if file.is_file() and file.suffix != ".py":
                return file
    patience = socket.getdefaulttimeout()
    was_disabled = downloader.logger.disabled
    socket.setdefaulttimeout(10)
    downloader.logger.disabled = True  # it prints a traceback for every failed look at the network
    try:
        return Path(downloader.load(name, return_path=True))
    except Exception as error:  # gensim raises plain Exception, ValueError, URLError, OSError
        raise UserError(
            f"embed.name={name}: not in {folder.parent} and not to be downloaded ({error})", remedy
        ) from error
    finally:
        socket.setdefaulttimeout(patience)
        downloader.logger.disabled = was_disabled


def describe_vectors(
    path: str | Path,
    member: str | None = None,
    trust_pickle: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> VectorFileInfo:
    """What the file is; one quick pass over it the first time, without reading most numbers."""
    if Path(path).expanduser().is_dir():
        return _describe_static(open_static(Path(path).expanduser()))
    try:
        with opened(locate(path, member), limits) as file:
            index = file.index
            places = spread(len(index.forms), SAMPLE)
            if index.layout.subwords:
                rows = _vectors(file, [index.forms[i] for i in places])[1]
            else:
                rows = file.rows(places)
            kind, has_subwords = index.layout.kind, bool(index.layout.subwords)
            return info_of(kind, index.forms, rows, has_subwords, index.problems)
    except PickleRefusedError:
        if not trust_pickle:
            raise
    vectors = load_vectors(path, member=member, trust_pickle=True)
    return info_of("gensim pickle", vectors.index_to_key, vectors.vectors, False, Problems())


def fingerprint_vectors(path: str | Path, member: str | None = None) -> str:
    """Hash of the content, equal for equal files wherever and whenever they lie."""
    path = Path(path).expanduser()
    return static_fingerprint(path) if path.is_dir() else fingerprint(locate(path, member))


def known_words(
    path: str | Path,
    words: Iterable[str],
    member: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> set[str]:
    """Those of `words` that `load_vectors` has a vector for, without reading rows where it can."""
    asked = dict.fromkeys(words)
    path = Path(path).expanduser()
    if path.is_dir():
        return set(open_static(path).vectors(asked)[0])
    with opened(locate(path, member), limits) as file:
        known = asked.keys() & set(file.index.forms)
        if subwords := file.index.layout.subwords:
            hashes = _ngram_hashes()
            known |= {word for word in asked if ngrams_of(word, subwords, hashes)}
        return known


def row_faults(
    path: str | Path, member: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> list[str]:
    """Read every number: one line each for rows that are not finite, and for rows of zeros.

    Raises
    ------
    UserError
        Something that is not a number stands in a row.
    """
    if Path(path).expanduser().is_dir():
        return []  # rows are of tokens, and checked as they are used
    faults = Problems()
    with opened(locate(path, member), limits) as file:
        words, dim = file.index.forms, file.index.layout.dim
        step = max(1, PIECE // (4 * dim))
        with reading(f"checking {file.name}", len(words)) as advance:
            for begin in range(0, len(words), step):
                places = np.arange(begin, min(begin + step, len(words)))
                rows = file.rows(places, keep=False)
                advance(len(places))
                for i in places[~np.isfinite(rows).all(axis=1)]:
                    faults.add("rows with NaN or infinity", repr(words[i]))
                for i in places[~rows.any(axis=1)]:
                    faults.add("rows of zeros", repr(words[i]))
    return faults.lines()


def _vectors(
    file: VectorFile, wanted: Sequence[str] | None
) -> tuple[list[str], NDArray[np.float32]]:
    """Words and rows float32 [words, dim]: the file's own in its order, then those of subwords."""
    words = file.index.forms
    if wanted is None:
        places = np.arange(len(words))
    else:
        asked = set(wanted)
        places = np.array([i for i, word in enumerate(words) if word in asked], dtype=np.int64)
    own = [words[i] for i in places]
    if file.index.layout.subwords is None:
        return own, file.rows(places)
    listed = set(own)
    others = [word for word in wanted or () if word not in listed]
    return fasttext_rows(file.plain, file.index, [*own, *others], _ngram_hashes())


def _checked(name: str, words: list[str], rows: NDArray[np.float32]) -> "KeyedVectors":
    from gensim.models import KeyedVectors

    require_finite(name, words, rows)
    zeros = np.flatnonzero(~rows.any(axis=1))
    if len(zeros):
        _say_once(f"{name}: rows of zeros: {len(zeros):,} (first: {words[zeros[0]]!r})")
    vectors = KeyedVectors(rows.shape[1])
    vectors.index_to_key = list(words)
    vectors.key_to_index = {word: i for i, word in enumerate(words)}
    vectors.vectors = rows
    vectors.next_index = len(words)
    return vectors


def _ngram_hashes():  # type: ignore[no-untyped-def]
    from gensim.models.fasttext import ft_ngram_hashes

    return ft_ngram_hashes


def _unpickle(path: Path, wanted: Sequence[str] | None) -> "KeyedVectors":
    """gensim's own format; the caller has checked that the user trusts it."""
    from gensim.models import KeyedVectors

    try:
        loaded = KeyedVectors.load(str(path))
        loaded = getattr(loaded, "wv", loaded)
        own = loaded.index_to_key if wanted is None else [w for w in wanted if w in loaded]
        rows = np.array([loaded.get_vector(word) for word in own], dtype=np.float32)
    except Exception as error:  # a pickle can raise anything
        raise refuse(str(path), "", f"gensim cannot load this pickle: {error}") from error
    return _checked(str(path), own, rows.reshape(len(own), loaded.vector_size))


def _describe_static(folder: StaticFolder) -> VectorFileInfo:
    words = folder.forms
    rows = folder.vectors([words[i] for i in spread(len(words), SAMPLE)])[1]
    return info_of("static embeddings", words, rows, True, Problems())


@lru_cache(maxsize=1024)
def _say_once(line: str) -> None:
    log.warning(line)
