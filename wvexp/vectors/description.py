"""What a vector file is, in a few numbers."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wvexp.errors import UserError
from wvexp.vectors.checks import Problems

CASED_SAMPLE = 40_000  # words that the casing is judged from


@dataclass(frozen=True)
class VectorFileInfo:
    """What a vector file is.

    format        as people call it, "GloVe text" and so on
    rows          distinct words
    casing        "lower" when hardly a word (under 1 in 200) has a capital letter
    mean, sd      float64 [dim], of a sample of rows spread over the file
    norms         least, median and greatest Euclidean norm in that sample
    sample_words  a few words, spread over the file
    open          True when words outside the list have vectors too (fastText .bin, static folders)
    problems      one line a kind of fault that could be read rightly
    """

    format: str
    rows: int
    dim: int
    casing: Literal["lower", "cased"]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    norms: tuple[float, float, float]
    sample_words: list[str]
    open: bool
    problems: list[str]


def info_of(
    kind: str, words: list[str], rows: NDArray[np.float32], is_open: bool, problems: Problems
) -> VectorFileInfo:
    """The description of a file with these words, from a sample of its rows float32 [rows, dim]."""
    finite = rows[np.isfinite(rows).all(axis=1)].astype(np.float64)
    if not len(finite):
        raise UserError(f"{kind}: no finite row in a sample of {len(rows)}", "get the file again")
    norms = np.linalg.norm(finite, axis=1)
    sampled = [words[i] for i in spread(len(words), CASED_SAMPLE)]
    capitals = sum(word != word.lower() for word in sampled)
    return VectorFileInfo(
        format=kind,
        rows=len(words),
        dim=rows.shape[1],
        casing="lower" if capitals < len(sampled) / 200 else "cased",
        mean=finite.mean(axis=0),
        sd=finite.std(axis=0),
        norms=(float(norms.min()), float(np.median(norms)), float(norms.max())),
        sample_words=[words[i] for i in spread(len(words), 12)],
        open=is_open,
        problems=problems.lines(),
    )


def spread(n: int, most: int) -> NDArray[np.int64]:
    """At most `most` places of 0..n-1, evenly spread, ascending."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))
