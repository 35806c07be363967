"""Static-embedding folders of the sentence-transformers and model2vec kind.

`model.safetensors` holds a row per token, `tokenizer.json` splits a word into tokens, and the
word's vector is the mean of its tokens' rows. model2vec may add `mapping` (token -> row, where
tokens share rows) and `weights` (a factor per token), which its own `encode` applies before the
mean.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.errors import UserError
from wvexp.vectors.checks import refuse

FILES = ("model.safetensors", "tokenizer.json")
_BEGINNINGS = ("Ġ", "▁")
_INNER = "0_StaticEmbedding"  # where sentence-transformers puts them in a model of several modules


@dataclass(frozen=True)
class StaticFolder:
    """An opened folder.

    unknown  the token that stands for what the tokenizer does not know; None if it has none
    rows     a safetensors slice [rows, dim]: rows are read from the disk as they are asked for
    mapping  int64 [tokens], token -> row; None where they are the same
    weights  float32 [tokens]; None where all are 1
    """

    name: str
    tokenizer: Any
    unknown: int | None
    rows: Any
    dim: int
    mapping: NDArray[np.int64] | None
    weights: NDArray[np.float32] | None

    @property
    def forms(self) -> list[str]:
        """The tokens that are whole words, in the tokenizer's order."""
        special = self.tokenizer.get_added_tokens_decoder()
        tokens = sorted(self.tokenizer.get_vocab().items(), key=lambda item: item[1])
        # Some tokenizers mark where a word begins, others ("##") where it goes on.
        marked = any(token.startswith(_BEGINNINGS) for token, _ in tokens)
        whole = [
            self.tokenizer.decode([i]).strip(" ") if marked else token
            for token, i in tokens
            if i not in special
            and i != self.unknown
            and (token.startswith(_BEGINNINGS) if marked else not token.startswith("##"))
        ]
        return [word for word in dict.fromkeys(whole) if word]

    def vectors(self, words: Iterable[str]) -> tuple[list[str], NDArray[np.float32]]:
        """Vectors float32 [words, dim] of the words that have a known token, and which those are.

        Raises
        ------
        UserError
            A token without a row: tokenizer and vectors do not belong together.
        """
        asked = [word for word in words if word.encode("utf-8", "ignore").strip()]
        texts = [word.encode("utf-8", "ignore").decode() for word in asked]  # no lone surrogates
        try:
            encodings = self.tokenizer.encode_batch(texts, add_special_tokens=False)
        except Exception as error:  # the library raises plain Exception
            raise refuse(self.name, "", f"tokenizer.json cannot be used: {error}") from error
        pieces = [[i for i in encoding.ids if i != self.unknown] for encoding in encodings]
        tokens = sorted({i for ids in pieces for i in ids})
        place = {token: i for i, token in enumerate(tokens)}
        found = [word for word, ids in zip(asked, pieces, strict=True) if ids]
        with np.errstate(over="ignore", invalid="ignore"):  # the caller refuses what is not finite
            table = self._rows_of(tokens)
            rows = [table[[place[i] for i in ids]].mean(axis=0) for ids in pieces if ids]
        return found, np.array(rows, dtype=np.float32).reshape(-1, self.dim)

    def _rows_of(self, tokens: list[int]) -> NDArray[np.float32]:
        """float32 [tokens, dim]"""
        height = self.rows.get_shape()[0]
        table = np.empty((len(tokens), self.dim), dtype=np.float32)
        for i, token in enumerate(tokens):
            known = self.mapping is None or token < len(self.mapping)
            row = token if self.mapping is None or not known else int(self.mapping[token])
            if not known or not 0 <= row < height:
                raise refuse(
                    self.name,
                    "",
                    f"token {token} of tokenizer.json has no row among {height:,}",
                    "both files must come from one model",
                )
            table[i] = self.rows[row : row + 1][0]
        if self.weights is not None:
            table *= self.weights[tokens, None]
        return table


def open_static(folder: Path) -> StaticFolder:
    """Open a static-embedding folder.

    Raises
    ------
    UserError
        Files missing or unreadable, or no two-dimensional tensor of embeddings.
    """
    from safetensors import SafetensorError, safe_open
    from tokenizers import Tokenizer

    name = str(folder)
    model, tokenizer_file = static_files(folder)
    try:
        tensors = safe_open(str(model), framework="numpy")
        names = set(tensors.keys())
        embeddings = next((n for n in ("embedding.weight", "embeddings") if n in names), None)
        if embeddings is None:
            listed = ", ".join(sorted(names)[:5]) or "nothing"
            raise refuse(
                name,
                "",
                f"model.safetensors holds {listed}, not `embedding.weight` or `embeddings`",
                "only static embeddings can be used as word vectors, not whole encoders",
            )
        rows = tensors.get_slice(embeddings)
        shape, kind = rows.get_shape(), rows.get_dtype()
        if len(shape) != 2 or 0 in shape or kind not in ("F16", "F32", "F64", "I8"):
            raise refuse(name, "", f"`{embeddings}` is {kind} of shape {shape}", "")
        mapping = tensors.get_tensor("mapping").astype(np.int64) if "mapping" in names else None
        weights = tensors.get_tensor("weights").astype(np.float32) if "weights" in names else None
    except (SafetensorError, OSError, TypeError, ValueError) as error:
        raise refuse(str(model), "", f"damaged: {error}") from error
    try:
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
    except Exception as error:  # the library raises plain Exception
        raise refuse(str(tokenizer_file), "", f"not a tokenizer: {error}") from error
    settings = json.loads(tokenizer.to_str())["model"]
    unknown = settings.get("unk_id")
    if settings.get("unk_token") is not None:
        unknown = tokenizer.token_to_id(settings["unk_token"])
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokens = tokenizer.get_vocab_size()
    if weights is not None and weights.shape != (tokens,):
        raise refuse(name, "", f"{weights.shape} weights for {tokens:,} tokens")
    return StaticFolder(name, tokenizer, unknown, rows, shape[1], mapping, weights)


def static_files(folder: Path) -> tuple[Path, Path]:
    """Paths of the tensors and of the tokenizer."""
    for place in (folder, folder / _INNER):
        if all((place / file).is_file() for file in FILES):
            return place / FILES[0], place / FILES[1]
    missing = ", ".join(file for file in FILES if not (folder / file).is_file())
    raise UserError(
        f"{folder}: a folder without {missing}",
        "name a vector file, or a folder with model.safetensors and tokenizer.json",
    )


def static_fingerprint(folder: Path) -> str:
    """Hash of both files' whole content."""
    digest = hashlib.sha256()
    for path in static_files(folder):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:24]
