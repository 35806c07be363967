"""What `scripts/vectors.py` shows of vector files: inspect, convert, neighbours, compare."""

import difflib

import numpy as np

from wvexp.analysis.neighbours import nearest
from wvexp.errors import UserError
from wvexp.vectors.limits import DEFAULT_LIMITS, Limits
from wvexp.vectors.pretrained import describe_vectors, load_vectors, row_faults
from wvexp.vectors.writing import save_vectors


def inspect(path: str, member: str | None = None, limits: Limits = DEFAULT_LIMITS) -> list[str]:
    """Format, rows, dimension, casing, norms, sample words and every problem, one string a line.

    Reads every number of the file, a bounded piece in memory at a time.
    """
    about = describe_vectors(path, member, limits=limits)
    least, median, greatest = about.norms
    lines = [
        f"format     {about.format}",
        f"rows       {about.rows:,}" + (", other words from their parts" if about.open else ""),
        f"dimension  {about.dim}",
        f"casing     {about.casing}",
        f"norms      {least:.3g} to {greatest:.3g}, median {median:.3g}",
        f"spread     mean {about.mean.mean():.3g}, standard deviation {about.sd.mean():.3g}",
        f"words      {' '.join(about.sample_words)}",
    ]
    problems = [*about.problems, *row_faults(path, member, limits)]
    return [*lines, *(f"problem    {problem}" for problem in problems or ["none found"])]


def convert(
    path: str, out: str, member: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> list[str]:
    """Write the file anew as word2vec binary (.bin) or text (.txt, .vec)."""
    vectors = load_vectors(path, member=member, limits=limits)
    left_out = save_vectors(out, vectors.index_to_key, vectors.vectors)
    lines = [f"{out}: {len(vectors) - len(left_out):,} words, {vectors.vector_size} dimensions"]
    if left_out:
        shown = ", ".join(map(repr, left_out[:5]))
        lines.append(f"{len(left_out):,} words left out, word2vec cannot hold them: {shown}")
    return lines


def neighbours(
    path: str,
    word: str,
    member: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    most: int = 10,
) -> list[str]:
    """The nearest words by cosine."""
    vectors = load_vectors(path, member=member, limits=limits)
    if word not in vectors:
        # fastText knows it by its parts
        extra = load_vectors(path, words=[word], member=member, limits=limits)
        if word not in extra:
            similar = [form for form in (word.lower(), word.capitalize()) if form in vectors]
            similar += difflib.get_close_matches(word, vectors.index_to_key[:100_000], n=3)
            raise UserError(
                f"{path}: no vector for {word!r}",
                f"did you mean {', '.join(similar)}?" if similar else "see inspect for its casing",
            )
        query = extra[word]
    else:
        query = vectors[word]
    found = vectors.similar_by_vector(query, topn=most + 1)
    return [f"{cosine:.3f}  {other}" for other, cosine in found if other != word][:most]


def compare(before: str, after: str, limits: Limits = DEFAULT_LIMITS, most: int = 10) -> list[str]:
    """The words that moved most from one file to the other, and how their neighbours changed.

    Moves are Euclidean distances; neighbours are the nearest by cosine among the words of both.
    """
    old, new = (load_vectors(path, limits=limits) for path in (before, after))
    if old.vector_size != new.vector_size:
        raise UserError(
            f"{before} has {old.vector_size} dimensions, {after} has {new.vector_size}",
            "compare two versions of the same vectors",
        )
    words = [word for word in old.index_to_key if word in new]
    if not words:
        raise UserError(f"{before} and {after} have no word in common", "compare two versions")
    a = old.vectors[[old.key_to_index[word] for word in words]]
    b = new.vectors[[new.key_to_index[word] for word in words]]
    distance = np.linalg.norm(b - a, axis=1)
    moved = np.flatnonzero((a != b).any(axis=1))
    lines = [
        f"{len(words):,} words in both, {len(old) - len(words):,} only before, "
        f"{len(new) - len(words):,} only after",
        f"{len(moved):,} moved"
        + (f", by {distance[moved].mean():.3g} on average" if len(moved) else ""),
    ]
    farthest = np.argsort(-distance, kind="stable")[: min(most, len(moved))]
    for i, was, now in zip(farthest, nearest(a, farthest), nearest(b, farthest), strict=True):
        cosine = float(a[i] @ b[i] / max(np.linalg.norm(a[i]) * np.linalg.norm(b[i]), 1e-30))
        lines += [
            f"{words[i]}: distance {distance[i]:.3g}, cosine {cosine:.3f}, "
            f"{len(set(was) & set(now))} of {len(was)} neighbours kept",
            f"  before: {' '.join(words[j] for j in was)}",
            f"  after:  {' '.join(words[j] for j in now)}",
        ]
    return lines
