"""The features that a model reads, of every token of a split."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wvexp.data.corpus import Corpus
from wvexp.data.features.feature import FEATURES
from wvexp.data.split import Split


class TokenFeatures:
    """Some features over the word forms of a corpus, computed once for each form.

    Parameters
    ----------
    names
        of `FEATURES`
    lexicon, typed
        as `Corpus` has them: what the words of its splits are, as read by the model and as typed

    Raises
    ------
    UserError
        There is no feature of a name.
    """

    def __init__(
        self, names: Sequence[str], lexicon: Sequence[str], typed: Sequence[str] | None
    ) -> None:
        self.features = [FEATURES[name] for name in names]
        self._forms = [
            feature.of_forms(typed if feature.typed and typed is not None else lexicon)
            for feature in self.features
        ]

    @property
    def slots(self) -> dict[str, int]:
        """How many columns of `ids` each feature has, in their order."""
        return {feature.name: feature.slots for feature in self.features}

    def ids(self, split: Split) -> NDArray[np.int32]:
        """[tokens, slots of all features]: each column's rows of its feature's own table."""
        ids = np.empty((split.tokens, sum(self.slots.values())), dtype=np.int32)
        first = 0
        for feature, of_forms in zip(self.features, self._forms, strict=True):
            words = split.typed if feature.typed and split.typed is not None else split.word_ids
            columns = slice(first, first + feature.slots)
            ids[:, columns] = feature.of_tokens(of_forms, words, split.offsets)
            first += feature.slots
        return ids


def token_features(names: Sequence[str], corpus: Corpus) -> TokenFeatures | None:
    """Those of a corpus, or of a fold of it; None without names.

    The last ones of each set of names are kept: the runs of a sweep read the same forms.
    """
    if not names:
        return None
    kept = _KEPT.get(tuple(names))
    if kept is None or kept[0] is not corpus.lexicon or kept[1] is not corpus.typed:
        features = TokenFeatures(names, corpus.lexicon, corpus.typed)
        kept = _KEPT[tuple(names)] = (corpus.lexicon, corpus.typed, features)
    return kept[2]


def fingerprint_of(names: Sequence[str], corpus: Corpus) -> str:
    """That of all that a model with these features reads of a corpus."""
    typed = any(FEATURES[name].typed for name in names)
    return corpus.typed_fingerprint if typed else corpus.fingerprint


_KEPT: dict[tuple[str, ...], tuple[list[str], list[str] | None, TokenFeatures]] = {}
