"""The update rules, one per file."""

from wvexp.rules.adadelta import ADADELTA
from wvexp.rules.adagrad import ADAGRAD
from wvexp.rules.adam import ADAM
from wvexp.rules.rule import RULES, UpdateRule
from wvexp.rules.sgd import SGD

__all__ = ["ADADELTA", "ADAGRAD", "ADAM", "RULES", "SGD", "UpdateRule"]
