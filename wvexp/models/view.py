"""View: how a model reads the text of a split."""

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """How a model reads the text of a split.

    window    words in the windows that are its examples; None for a model that reads whole texts
    tagged    whether it gives every token of a whole text a label
    alike     whether the texts of a batch are of like length, as suits a model that goes through
              them word by word
    features  names of the features of tokens that it reads, of `wvexp.data.features.FEATURES`
    weights   name of the weights of words that it reads, of `wvexp.data.word_weights`; or None
    """

    window: int | None = None
    tagged: bool = False
    alike: bool = False
    features: tuple[str, ...] = ()
    weights: str | None = None


TEXTS = View()
