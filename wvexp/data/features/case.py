"""How a word is written: its casing, or what it is made of where it has no letters."""

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wvexp.data.features.feature import FEATURES, TokenFeature

SHAPES = (
    "lower",  # all letters that have a case are lower: dog, don't
    "initial",  # one capital, first: Dog, O, (Dog)
    "upper",  # capitals alone, two or more: NATO, U.S.
    "mixed",  # iPhone, McDonald
    "uncased",  # letters of a script without case: 東京
    "alphanumeric",  # letters and digits: B52, 3rd
    "digits",  # digits alone: 1984
    "number",  # digits and signs: 1,000, -3.5, 10:30, 5%
    "punctuation",  # punctuation and other ASCII signs alone: ..., --, $
    "symbol",  # other characters: an emoji, ©
    "empty",
)
_SHAPE = {name: i for i, name in enumerate(SHAPES)}
_ASCII_SIGNS = frozenset("$+<=>^`|~")


class Case(TokenFeature):
    """One of `SHAPES` (Collobert et al. 2011, section 3.3, has the first four)."""

    name = "case"
    slots = 1
    rows = len(SHAPES)

    def of_forms(self, forms: Sequence[str]) -> NDArray[np.int32]:
        shapes = [_SHAPE[shape_of(form)] for form in forms]
        return np.array(shapes, dtype=np.int32).reshape(-1, 1)


def shape_of(form: str) -> str:
    """Which of `SHAPES` a form has."""
    letters = [char for char in form if char.isalpha()]
    # A character may be both: 三 is a letter here.
    digits = sum(char.isnumeric() and not char.isalpha() for char in form)
    if letters:
        return "alphanumeric" if digits else _casing(letters)
    if digits:
        return "digits" if digits == len(form) else "number"
    if not form:
        return "empty"
    return "punctuation" if all(map(_is_punctuation, form)) else "symbol"


def _casing(letters: list[str]) -> str:
    # A title-case letter, such as ǅ, is a capital.
    capitals = [char.isupper() or char.istitle() for char in letters]
    small = sum(map(str.islower, letters))
    if not any(capitals):
        return "lower" if small else "uncased"
    if sum(capitals) == 1 and capitals[0]:
        return "initial"
    return "mixed" if small else "upper"


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char).startswith("P") or char in _ASCII_SIGNS


CASE = FEATURES.register(Case())
