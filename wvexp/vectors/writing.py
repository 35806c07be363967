"""Writing vectors so that gensim and this package read back the same bits."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wvexp.errors import UserError
from wvexp.files import replacing

# What would end a word or a row there. Every other character, Unicode's spaces too, can be in one.
SEPARATORS = {".bin": " \n", ".txt": " \t\r\n", ".vec": " \t\r\n"}


def save_vectors(path: str | Path, words: Sequence[str], rows: NDArray[np.float32]) -> list[str]:
    """Write rows float32 [words, dim] as word2vec binary (.bin) or text (.txt, .vec).

    Nine digits in text are enough to give back every float32. The file appears when it is whole.

    Returns
    -------
    list of str
        Words left out, because the format cannot hold them: empty, or with a space or line break in
        them (in text also a tab).

    Raises
    ------
    UserError
        Another ending, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix not in SEPARATORS:
        raise UserError(f"{path}: cannot tell the format from its ending", "use .bin, .txt or .vec")
    ends_word = SEPARATORS[path.suffix]
    kept = [i for i, word in enumerate(words) if word and not any(c in word for c in ends_word)]
    line = b"%s " if path.suffix == ".bin" else b"%s" + b" %.9g" * rows.shape[1] + b"\n"
    with replacing(path) as file:
        file.write(f"{len(kept)} {rows.shape[1]}\n".encode())
        for i in kept:
            word = words[i].encode("utf-8", "replace")
            if path.suffix == ".bin":
                file.write(line % word + rows[i].astype("<f4").tobytes() + b"\n")
            else:
                file.write(line % (word, *rows[i].tolist()))
    listed = set(kept)
    return [word for i, word in enumerate(words) if i not in listed]
