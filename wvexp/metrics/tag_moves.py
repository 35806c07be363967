"""Which tag may follow which in BIO and its kin, and in the data at hand."""

import numpy as np

from wvexp.backprop.moves import Moves, all_moves
from wvexp.metrics.entities import TagScheme, is_bio


def bio_moves(label_names: list[str]) -> Moves:
    """The moves that the scheme of the tags permits: bool, in the order of `label_names`.

    In BIO a chunk begins with B, and I continues a chunk of its own type: I-X follows B-X and I-X
    alone, and begins no sentence. With tags for ends (E or L) and for chunks of one token (S or U)
    an open chunk (B, I) must go on, too, to a tag of its type that does not begin one. A type
    without a tag that begins, or without one that ends, is free of the rule that asks for it. With
    labels that are no such tags everything is permitted.
    """
    if not is_bio(label_names):
        return all_moves(len(label_names))
    scheme = TagScheme.from_labels(label_names)
    kind, first_letter = scheme.type_of, np.array([name[0] for name in label_names])
    continues = ~scheme.outside & ~scheme.begins
    is_open = ~scheme.outside & ~scheme.ends
    tied = continues & np.isin(kind, kind[scheme.begins])
    unfinished = is_open & np.isin(kind, kind[np.isin(first_letter, ["E", "L"])])
    if not np.isin(first_letter, ["S", "U"]).any():  # a chunk of one token is a lone B
        unfinished[:] = False
    # From the label of the row to that of the column.
    goes_on = is_open[:, None] & continues & (kind[:, None] == kind)
    return Moves(transitions=goes_on | ~(tied | unfinished[:, None]), start=~tied, end=~unfinished)


def allowed_moves(label_names: list[str], seen: Moves) -> Moves:
    """`bio_moves`, widened to what the training data do.

    Real data break their scheme's rules here and there, and a move that a label makes in training
    must have a probability: every move that occurs is permitted. Where more of the moves that the
    rules speak of break them than begin a chunk by them, the scheme is another (IOB1 writes I-X
    for a chunk's beginning, and B-X only after another chunk of X), and everything is permitted.

    Parameters
    ----------
    label_names
        the K labels
    seen
        how often each move occurs in training, of `backprop.moves.count_moves`
    """
    rules = bio_moves(label_names)
    if not is_bio(label_names):
        return rules
    begins = TagScheme.from_labels(label_names).begins
    begun = seen.start[begins].sum() + seen.transitions[:, begins].sum()
    broken = sum(counts[~may].sum() for counts, may in zip(seen, rules, strict=True))
    if broken > begun:
        return all_moves(len(label_names))
    return Moves(*(may | (counts > 0) for counts, may in zip(seen, rules, strict=True)))
