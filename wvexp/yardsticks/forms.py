"""The most frequent tag of each word form; of forms unknown, that of their ending.

The ending is the longest one, up to a length, that some training form of the same capitalisation
has; its tag is the most frequent one of the forms with it, each counted once. How long endings may
be, and whether capitalisation counts, validation chooses.
"""

from collections.abc import Iterable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from wvexp.tasks import TaskKind, TokenTask
from wvexp.yardsticks.yardstick import YARDSTICKS, Fit, Labels, Problem, Yardstick

_LONGEST = 5


class FormTags(Yardstick):
    name, words, version = "form_tags", "the most frequent tag of each word form", 1

    def serves(self, kind: TaskKind) -> bool:
        return isinstance(kind, TokenTask)

    def fit(self, problem: Problem) -> Fit:
        known, tags = most_frequent(problem.train.word_ids, problem.train.labels)
        of_form = np.full(len(problem.lexicon), -1, dtype=np.int64)
        of_form[known] = tags
        wanted = np.unique(np.concatenate([problem.validation.word_ids, problem.test.word_ids]))
        unknown = wanted[of_form[wanted] < 0]
        best: Fit | None = None
        for longest, cased in product(range(_LONGEST + 1), (False, True)):
            problem.go_on()
            endings = [problem.lexicon[i] for i in unknown.tolist()]
            trained = [problem.lexicon[i] for i in known.tolist()]
            of_form[unknown] = by_ending(trained, tags, endings, longest, cased)
            score = problem.score(of_form[problem.validation.word_ids])
            if best is None or score > best.validation:
                settings = {"ending": longest, "capitalisation": cased}
                best = Fit(of_form[problem.test.word_ids], score, settings)
        assert best is not None
        return best


def most_frequent(things: Labels, labels: Labels) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct things [n], ascending, and the most frequent label of each; of two, the less."""
    width = int(labels.max(initial=0)) + 1
    pairs, counts = np.unique(things.astype(np.int64) * width + labels, return_counts=True)
    of_thing, label = pairs // width, pairs % width
    order = np.lexsort((label, -counts, of_thing))
    distinct, first = np.unique(of_thing[order], return_index=True)
    return distinct, label[order][first]


def by_ending(
    forms: list[str],
    tags: NDArray[np.int64],
    unknown: list[str],
    longest: int,
    cased: bool,
) -> NDArray[np.int64]:
    """The tag [unknown] of each unknown form, from the tags of the training forms."""
    found = np.full(len(unknown), -1, dtype=np.int64)
    for length in range(longest, -1, -1):
        names = list(_endings([*forms, *unknown], length, cased))
        ids = np.unique(np.array(names), return_inverse=True)[1]
        of_training, of_unknown = np.split(ids, [len(forms)])
        there, best = most_frequent(of_training, tags)
        tag = np.full(int(ids.max(initial=-1)) + 1, -1, dtype=np.int64)
        tag[there] = best
        found = np.where(found < 0, tag[of_unknown], found)
    # Of a capitalisation that no training form has: that of all forms.
    return np.where(found < 0, np.bincount(tags).argmax(), found)


def _endings(forms: Iterable[str], length: int, cased: bool) -> Iterable[str]:
    """What stands for each form: its last letters in lower case, a mark and how it is written."""
    for form in forms:
        yield f"{form[-length:].lower() if length else ''}\0{_capitals(form) if cased else ''}."


def _capitals(form: str) -> str:
    """`number`, `capitals`, `Capital`, `letters` or `other`."""
    if any(map(str.isdigit, form)):
        return "number"
    if not any(map(str.isalpha, form)):
        return "other"
    if form.isupper() and len(form) > 1:
        return "capitals"
    return "Capital" if form[0].isupper() else "letters"


FORMS = YARDSTICKS.register(FormTags())
