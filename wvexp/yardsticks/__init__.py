"""Methods without the word vectors in question, one per file, to hold the arms against."""

from wvexp.yardsticks.encoder import ENCODER
from wvexp.yardsticks.forms import FORMS
from wvexp.yardsticks.frequent import FREQUENT
from wvexp.yardsticks.nbsvm import NBSVM
from wvexp.yardsticks.tfidf import TFIDF
from wvexp.yardsticks.yardstick import YARDSTICKS, Fit, Problem, Yardstick

__all__ = [
    "ENCODER",
    "FORMS",
    "FREQUENT",
    "NBSVM",
    "TFIDF",
    "YARDSTICKS",
    "Fit",
    "Problem",
    "Yardstick",
]
