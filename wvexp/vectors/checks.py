"""What can be wrong with a vector file: counted when it could be read rightly, else refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wvexp.errors import UserError

AGAIN = "get the file again"
LONGEST_PART = 400  # characters of a message
LONGEST_WORD = 4096  # GloVe and word2vec cut words at 1000 bytes and at 100


def refuse(name: str, where: str, problem: str, remedy: str = AGAIN) -> UserError:
    """The error for a file that cannot be used: the file, the line or byte, what is wrong there.

    What libraries quote of a file, and its words, can be of any length: they are cut.
    """
    parts = [_cut(part) for part in (where, problem) if part]
    return UserError(": ".join([name, *parts]), remedy)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_PART else f"{text[:LONGEST_PART]}..."


@dataclass
class Problems:
    """Faults that could be read rightly: how often each kind came, and where first."""

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, where: str, times: int = 1) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + times
        self.first.setdefault(kind, where)

    def lines(self) -> list[str]:
        """One line a kind, as for the log."""
        return [f"{kind}: {n:,} (first: {self.first[kind]})" for kind, n in self.counts.items()]


def require_rows(name: str, claimed: int | None, found: int, problems: Problems) -> None:
    """Hold the rows found against the header's count: too few is refused, more is counted."""
    if found == 0:
        raise refuse(name, "", "no vectors in it")
    if claimed is None or claimed == found:
        return
    if claimed > found:
        raise refuse(
            name,
            "",
            f"the header promises {claimed:,} rows and the file ends after {found:,}",
            f"{AGAIN}, or correct the number in its first line if {found:,} is all there should be",
        )
    problems.add(
        f"header count too small, all {found:,} rows read", f"the header says {claimed:,} rows"
    )


def require_words(name: str, words: Mapping[str, int]) -> None:
    """Refuse what is longer than any word; `words` maps each to the byte before which it ends."""
    if max(map(len, words), default=0) > LONGEST_WORD:
        word = next(word for word in words if len(word) > LONGEST_WORD)
        where = f"byte {words[word] - 1 - len(word.encode()):,}"
        raise refuse(name, where, f"{word[:20]!r}... is no word: {len(word):,} characters")


def require_dim(name: str, found: int, wanted: int | None) -> None:
    """Refuse a file whose dimension is not the one asked for (`embed.dim`)."""
    if wanted is not None and wanted != found:
        raise refuse(
            name,
            "",
            f"its vectors have {found} dimensions, embed.dim={wanted} was asked for",
            f"leave embed.dim out or set embed.dim={found}",
        )


def require_finite(name: str, words: Sequence[str], rows: NDArray[np.float32]) -> None:
    """Refuse rows [words, dim] with a NaN or an infinity, naming the first."""
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        first = int(np.argmin(finite))
        others = int((~finite).sum()) - 1
        raise refuse(
            name,
            f"row of {words[first]!r}",
            "NaN or infinity in it" + (f", and in {others:,} more rows wanted" if others else ""),
            f"{AGAIN}, or take these rows out",
        )


def shown(path: Path, member: str | None = None) -> str:
    """How messages name a file."""
    return f"{path} ({member})" if member else str(path)
