"""Labels as numbers; forms that are surely one label are one."""

import re
import unicodedata

# What whole numbers turn into where a column of them has a gap.
_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))\.0")


class LabelIds(dict[str, int]):
    """Numbers labels in the order in which they are first asked for.

    `1` and `1.0` have one number, and so have `é` composed and decomposed.

    names   of each number: the shortest of its forms, composed
    merged  the forms of each label that has several
    """

    def __init__(self) -> None:
        super().__init__()
        self._forms: list[list[str]] = []
        self._ids: dict[str, int] = {}  # by what equal labels have in common

    def __missing__(self, label: str) -> int:
        composed = unicodedata.normalize("NFC", label)
        whole = _WHOLE.fullmatch(composed)
        number = self._ids.setdefault(whole[1] if whole else composed, len(self._forms))
        if number == len(self._forms):
            self._forms.append([])
        self._forms[number].append(label)
        self[label] = number
        return number

    @property
    def names(self) -> list[str]:
        return [
            min((unicodedata.normalize("NFC", form) for form in forms), key=len)
            for forms in self._forms
        ]

    @property
    def merged(self) -> list[list[str]]:
        return [forms for forms in self._forms if len(forms) > 1]
