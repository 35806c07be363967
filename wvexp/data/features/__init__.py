"""Features of tokens besides the word itself, one per file."""

from wvexp.data.features.affix import AFFIX, Affix
from wvexp.data.features.bigram import BIGRAM, Bigram
from wvexp.data.features.case import CASE, Case
from wvexp.data.features.feature import FEATURES, TokenFeature
from wvexp.data.features.tokens import TokenFeatures, fingerprint_of, token_features

__all__ = [
    "AFFIX",
    "BIGRAM",
    "CASE",
    "FEATURES",
    "Affix",
    "Bigram",
    "Case",
    "TokenFeature",
    "TokenFeatures",
    "fingerprint_of",
    "token_features",
]
