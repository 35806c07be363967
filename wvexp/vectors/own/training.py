"""word2vec and fastText by gensim, such that the same text gives the same vectors to the bit.

Sources: Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their
Compositionality"; Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information".
"""

import logging
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.vectors.limits import Limits
from wvexp.vectors.own.settings import FASTTEXT, Training
from wvexp.vectors.own.text import Tokenised
from wvexp.vectors.pretrained import load_vectors
from wvexp.vectors.writing import save_vectors

SEED = 1
# Rows of n-grams for each word; a word of eight letters has 26 n-grams, most shared with others.
_BUCKETS_PER_WORD = 8
_MOST_BUCKETS = 2_000_000  # fastText's own


@dataclass(frozen=True)
class GoneOnFrom:
    """A vector file from which training goes on, as `load_vectors` takes it."""

    path: Path
    member: str | None
    trust_pickle: bool
    limits: Limits

    def load(self, words: set[str] | None = None) -> Any:
        """gensim's `KeyedVectors` of these words, or of the file's own."""
        return load_vectors(self.path, words, self.member, self.trust_pickle, limits=self.limits)


def train_vectors(
    text: Tokenised,
    method: str,
    dim: int,
    training: Training,
    start: GoneOnFrom | None,
    target: Path,
    advance: Callable[[int], None],
) -> None:
    """Train on the text and write the vectors to `target`, a .bin that the package reads.

    fastText in its own format, with the n-grams that give other words a vector. Words of a file
    from which training goes on begin at its vectors; those that the text lacks are kept as they
    are. One thread trains, and nothing depends on Python's hashes.
    """
    model, kept = _untrained(text, method, dim, training)
    if start is not None:
        known = start.load(set(kept))
        for word, row in zip(known.index_to_key, known.vectors, strict=True):
            model.wv.vectors[model.wv.key_to_index[word]] = row
    with _quiet():
        model.train(
            corpus_iterable=_Restartable(text, advance),
            total_words=text.tokens,
            epochs=training.epochs,
        )
    if method == FASTTEXT:
        from gensim.models.fasttext import save_facebook_model

        save_facebook_model(model, str(target))
        return
    words, rows = list(model.wv.index_to_key), model.wv.vectors
    if start is not None:
        words, rows = _with_rest(words, rows, start.load())
    save_vectors(target, words, rows)


def _untrained(text: Tokenised, method: str, dim: int, training: Training) -> tuple[Any, list[str]]:
    """gensim's model with its vocabulary, and the words in it."""
    kept = {word: n for word, n in text.counts.items() if n >= training.min_count}
    make: Callable[..., Any]
    if method == FASTTEXT:
        from gensim.models import FastText

        make = partial(FastText, bucket=min(_MOST_BUCKETS, _BUCKETS_PER_WORD * len(kept)))
    else:
        from gensim.models import Word2Vec

        make = Word2Vec
    model = make(
        vector_size=dim,
        sg=int(training.skipgram),
        window=training.window,
        min_count=training.min_count,
        negative=training.negative,
        epochs=training.epochs,
        seed=SEED,
        workers=1,
        hashfxn=_stable_hash,
    )
    with _quiet():
        model.build_vocab_from_freq(dict(text.counts))
    return model, list(kept)


def _with_rest(words: list[str], rows: NDArray, file: Any) -> tuple[list[str], NDArray]:
    """The trained words and rows, then those of the file that the text lacks."""
    own = set(words)
    rest = [i for i, word in enumerate(file.index_to_key) if word not in own]
    return words + [file.index_to_key[i] for i in rest], np.vstack([rows, file.vectors[rest]])


def _stable_hash(text: str) -> int:
    return zlib.crc32(text.encode())


class _Restartable:
    """The sentences, from the first for each epoch."""

    def __init__(self, text: Tokenised, advance: Callable[[int], None]) -> None:
        self.text, self.advance = text, advance

    def __iter__(self) -> Iterator[list[str]]:
        for words in self.text.sentences:
            self.advance(len(words))
            yield words


@contextmanager
def _quiet() -> Iterator[None]:
    """gensim warns of small texts, for which it would have other batches; what matters is said."""
    loggers = [logging.getLogger(f"gensim.models.{name}") for name in ("word2vec", "fasttext")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled
