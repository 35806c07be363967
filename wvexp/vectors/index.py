"""What one pass over a vector file leaves: its words, and where each word's row lies."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wvexp.vectors.checks import Problems
from wvexp.vectors.formats import Layout, Subwords


@dataclass(frozen=True)
class Index:
    """The distinct word forms of a file, in its order.

    layout    the file's format and dimension
    forms     of one that comes twice, the first
    spans     int64 [forms, 2]; the row's numbers are the bytes spans[i, 0]:spans[i, 1]
    problems  what was wrong and could be read rightly
    """

    layout: Layout
    forms: list[str]
    spans: NDArray[np.int64]
    problems: Problems

    def save(self, folder: Path) -> None:
        about = {"layout": asdict(self.layout), "problems": asdict(self.problems)}
        (folder / "index.json").write_text(json.dumps(about))
        # No word holds a line break: in text it would end the row, in binary it is refused.
        (folder / "words.txt").write_bytes("\n".join(self.forms).encode())
        np.save(folder / "spans.npy", self.spans)

    @classmethod
    def load(cls, folder: Path) -> "Index":
        """Raises OSError or ValueError where the folder does not hold a whole index."""
        about = json.loads((folder / "index.json").read_text())
        try:
            subwords = about["layout"].pop("subwords")
            layout = Layout(**about["layout"], subwords=subwords and Subwords(**subwords))
            problems = Problems(**about["problems"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{folder / 'index.json'}: {error}") from error
        forms = (folder / "words.txt").read_bytes().decode().split("\n")
        spans = np.load(folder / "spans.npy", allow_pickle=False)
        if spans.shape != (len(forms), 2) or spans.dtype != np.int64:
            raise ValueError(f"{folder}: {len(forms)} words, spans of shape {spans.shape}")
        return cls(layout, forms, spans, problems)
