"""Vector commands that need more than a vector file: a corpus, or a trained model."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np

from wvexp.config.compose import compose
from wvexp.errors import UserError
from wvexp.experiment.inputs import read_corpus
from wvexp.experiment.vectors import open_vectors
from wvexp.files import check_place, replacing
from wvexp.training.saved import SavedModel
from wvexp.vectors.coverage import coverage_report
from wvexp.vectors.limits import DEFAULT_LIMITS, Limits
from wvexp.vectors.own.settings import FASTTEXT
from wvexp.vectors.pretrained import describe_vectors, load_vectors
from wvexp.vectors.writing import SEPARATORS, save_vectors


def coverage(
    path: str,
    member: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    *,
    overrides: list[str],
) -> list[str]:
    """How much of the training text a vector file knows, as lines of text.

    `overrides` are keys of the `data` group as `train.py` takes them.
    """
    foreign = [word for word in overrides if not word.startswith("data")]
    if foreign:
        raise UserError(
            f"{foreign[0]}: coverage takes data keys, such as data.train=FILE", "leave it out"
        )
    config = compose([*overrides, "embed=random"])
    corpus = read_corpus(config.data)
    lowercase = config.data.lowercase == "true"
    if config.data.lowercase == "auto" and config.data.kind != "world":
        lowercase = describe_vectors(path, member, limits=limits).casing == "lower"
    if lowercase:
        corpus = corpus.lowercased()
    splits = [corpus.train]
    if config.data.kind == "files":  # what was split off the training file belongs to it
        splits += [corpus.validation] if config.data.validation is None else []
        splits += [corpus.test] if config.data.test is None else []
    word_ids = np.concatenate([split.word_ids for split in splits])
    counts = np.bincount(word_ids, minlength=len(corpus.lexicon))
    forms = Counter({form: int(n) for form, n in zip(corpus.lexicon, counts, strict=True) if n})
    return coverage_report(forms, path, member, limits).lines()


def train(text: str, out: str, *, overrides: list[str]) -> list[str]:
    """Train vectors on one's own text, or take those that are kept, and write them to `out`.

    `overrides` are keys of the `embed` and `data` groups as `train.py` takes them.
    """
    foreign = [word for word in overrides if not word.startswith(("embed.", "data."))]
    if foreign:
        raise UserError(
            f"{foreign[0]}: train takes embed and data keys, such as embed.dim=100", "leave it out"
        )
    config = compose([f"embed.corpus={text}", *overrides])
    check_place(out, Path(out))
    subwords = config.embed.method == FASTTEXT
    if Path(out).suffix not in ({".bin"} if subwords else SEPARATORS):
        raise UserError(
            f"{out}: {config.embed.method} vectors are not written with that ending",
            "use .bin" if subwords else f"use one of {', '.join(SEPARATORS)}",
        )
    opened = open_vectors(config)
    assert opened is not None  # it names own text
    assert opened.source.path is not None
    made = Path(opened.source.path)
    if Path(out).suffix == ".bin":  # as it is, with fastText's pieces of words
        with made.open("rb") as kept, replacing(Path(out)) as file:
            shutil.copyfileobj(kept, file, 1 << 20)
    else:
        vectors = load_vectors(made)
        save_vectors(out, vectors.index_to_key, vectors.vectors)
    about = describe_vectors(made)
    return [f"{out}: {about.rows:,} words, {about.dim} dimensions, {config.embed.method}"]


def export(model: str, out: str) -> list[str]:
    """Write a trained model's vectors as word2vec binary (.bin) or text (.txt, .vec).

    Every row goes, moved or not, as the network reads it: first the model's own, then whatever else
    the pretrained file holds, if it still lies where it was read.
    """
    saved = SavedModel.load(Path(model))
    own = list(saved.row_of)
    words, rows = own, saved.parameters["embedding.weight"][list(saved.row_of.values())]
    keyed = saved.pretrained_vectors()
    if keyed is not None:
        rest = [word for word in keyed.index_to_key if word not in saved.row_of]
        words = own + rest
        further = keyed.vectors[[keyed.key_to_index[word] for word in rest]]
        rows = np.vstack([rows, saved.as_started(further)])
    rows = saved.as_read(rows)
    left_out = save_vectors(out, words, rows)
    kept = len(words) - len(left_out)
    lines = [f"{out}: {kept:,} words, {rows.shape[1]} dimensions; {len(own):,} from the model"]
    if left_out:
        lines.append(f"{len(left_out):,} words left out, word2vec cannot hold them: {left_out[:5]}")
    return lines
