"""What was assumed when data were read: short notes, each with the key or change that undoes it.

Pure functions: columns, labels or texts in, notes out. They are said once while data are read, and
kept on the `Corpus`; those that vectors or a metric raise, on the inputs.
"""

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from wvexp.data.corpus import Corpus
from wvexp.data.reading.cells import NUMBER, SEPARATORS
from wvexp.data.reading.columns import TEXT_NAMES, Column, Roles
from wvexp.tasks import TASKS, kind_of_text

# Columns that data sets of text pairs are known to have.
_PAIRS = (
    {"premise", "hypothesis"},
    {"sentence1", "sentence2"},
    {"sentence_1", "sentence_2"},
    {"sentence_a", "sentence_b"},
    {"question1", "question2"},
    {"text1", "text2"},
    {"text_a", "text_b"},
    {"question", "answer"},
    {"question", "sentence"},
    {"question", "context"},
    {"question", "passage"},
    {"query", "document"},
    {"subject", "body"},
    {"title", "body"},
    {"title", "text"},
    {"title", "content"},
    {"title", "description"},
    {"headline", "body"},
)
_LIKE_TEXT = 5  # words in the mean: longer than names, places and dates
_MANY_FRACTIONS = 5  # distinct labels with a fraction among them
_MANY_WHOLE = 20  # distinct whole numbers
_SHOWN = 60  # characters of a name
_FEW_EACH = 10  # examples of each label in the mean
_REPEATED = 0.1  # share of texts
# Share of the alphabetic word types without a vector. On English sets GloVe lacks at most 12 %
# (WNUT17), of German ones 37 % (twenty sentences) to 70 %.
_UNKNOWN = 0.25
_ENOUGH_TYPES = 30
# Scripts that put no blanks between words, with the length that words hardly have: Chinese and
# Japanese; Thai, Lao, Burmese and Khmer.
_UNSPACED = (
    (re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"), 6),
    (re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"), 12),
)
# Tags and entities of HTML; `<s>`, `<user>` and the like mark text for other programs.
_HTML = re.compile(
    r"</?(?:p|br|div|span|a|b|i|u|em|strong|font|center|h[1-6]|hr|[uo]l|li|table|t[rdh]|img|html|head"
    r"|body|script|style|blockquote|pre|code)(?:\s[^<>]*)?/?>|&(?:[a-z]{2,6}|#[0-9]{2,5});",
    re.IGNORECASE,
)
_MARKED_UP = 0.2  # share of the texts
# What programs write for a missing value; not the words that people do, such as none and na.
_MISSING = {"nan", "null", "n/a", "#n/a", "<na>"}


def text_notes(
    where: str, columns: Mapping[str, Column], roles: Roles, *, chosen: bool
) -> list[str]:
    """A second column of text that is left out.

    Where the text column was `chosen` by name, only the other half of a known pair is worth a word.
    """
    left = [
        name
        for name, column in columns.items()
        if name not in (roles.text, roles.label) and column.kind == "text" and column.words >= 1
        if {name.lower(), roles.text.lower()} in _PAIRS
        or (not chosen and (column.words >= _LIKE_TEXT or name.lower() in TEXT_NAMES))
    ]
    if TASKS[roles.task].listed or not left:
        return []
    return [
        f"{where}: the text is column {roles.text!r} alone; {_listed(left)} also "
        f"hold{'s' * (len(left) == 1)} text, which is left out; data.text= chooses the column"
    ]


def label_notes(
    where: str, task: str, names: Sequence[str], counts: Sequence[int], forms: Sequence[list[str]]
) -> list[str]:
    """What the labels of the training data were taken for.

    Parameters
    ----------
    names, counts
        The labels and the number of examples of each.
    forms
        For each label that was written in several ways, the ways.
    """
    notes = []
    if forms:
        shown = [_together(ways, ascii) for ways in forms]  # tells é from e + accent
        notes.append(
            f"{where}: {_listed(shown, quote=False)} are taken as one label; "
            "rename one of them in the data if they are two"
        )
    if alike := _alike(names):
        shown = [_together(ways, repr) for ways in alike]
        notes.append(
            f"{where}: labels {_listed(shown, quote=False)} differ only in case or blanks and are "
            "taken as different labels; write them alike in the data if they are one"
        )
    if TASKS[task].listed or TASKS[task].several or TASKS[task].numeric:
        return notes
    if empty := [name for name in names if name.casefold() in _MISSING]:
        notes.append(
            f"{where}: {_listed(empty)} count{'s' * (len(empty) == 1)} as a label; where the label "
            "is missing, leave the cell empty, and data.missing=drop leaves out the row"
        )
    for mark in SEPARATORS:
        if combined := _combined(names, mark):
            notes.append(
                f"{where}: labels such as {quoted(combined[0])} look like several joined by "
                f"{mark!r}; each combination is taken as a class of its own ({len(combined)} of "
                f"the {len(names)} labels); data.task={kind_of_text(False, several=True).name} "
                "takes them apart, or data.label= may name a column with one label per row"
            )
            break
    if _like_measurements(names, counts):
        notes.append(
            f"{where}: the {len(names)} labels are numbers from {min(names, key=float)} to "
            f"{max(names, key=float)}; each value is taken as a class of its own, without order; "
            f"data.task={kind_of_text(False, numeric=True).name} takes them as numbers, or "
            "data.label= may name a column of classes, such as ranges of values"
        )
    return notes


def unspaced_notes(where: str, texts: Sequence[Sequence[str]]) -> list[str]:
    """Text of a script without blanks whose words nobody has parted, judged by some texts."""
    words = [word for text in texts for word in text]
    for script, usual in _UNSPACED:
        lengths = [len(found) for word in words if (found := script.findall(word))]
        characters = sum(lengths)
        # Of a character's own word, so that short words beside whole sentences do not hide them.
        if characters and sum(n * n for n in lengths) / characters > usual:
            share = characters / sum(map(len, words))
            if share > 0.5:
                return [
                    f"{where}: the text has no blanks between its words, so that whole sentences "
                    "are taken as words; part the words with blanks (a word segmenter does), and "
                    "give data.tokenizer=whitespace"
                ]
    return []


def markup_notes(where: str, texts: Sequence[str]) -> list[str]:
    """Text that is still a page's source, judged by some texts."""
    found = [tag for text in texts if (tag := _HTML.search(text))]
    if len(found) <= _MARKED_UP * len(texts):
        return []
    return [
        f"{where}: {len(found) / len(texts):.0%} of the texts hold HTML such as {found[0][0]:.20}, "
        "whose tags and entities are taken as words; take them out of the data first"
    ]


def repeated_notes(where: str, sentences: int, different: int) -> list[str]:
    """Texts that stand in the data more than once, where there are many."""
    if sentences - different <= _REPEATED * sentences:
        return []
    return [
        f"{where}: {sentences - different:,} of {sentences:,} texts repeat an earlier one; equal "
        "texts stay on one side of a split that is made here; data.validation= and data.test= "
        "give your own"
    ]


def unknown_words_notes(vectors: str, corpus: Corpus, known: NDArray[np.bool_]) -> list[str]:
    """Words of letters that have no vector, though tokens may look covered: another language.

    known  bool [lexicon]
    """
    present = np.unique(corpus.train.word_ids)
    types = np.array([i for i in present.tolist() if corpus.lexicon[i].isalpha()], dtype=np.int64)
    if len(types) < _ENOUGH_TYPES or np.mean(~known[types]) <= _UNKNOWN:
        return []
    counts = np.bincount(corpus.train.word_ids, minlength=len(corpus.lexicon))
    missing = types[~known[types]]
    shown = missing[np.argsort(-counts[missing], kind="stable")[:5]].tolist()
    return [
        f"{vectors} lacks {len(missing):,} of the {len(types):,} training words of letters "
        f"({len(missing) / len(types):.0%}; most frequent: "
        f"{' '.join(shortened(corpus.lexicon[i]) for i in shown)}): are text and vectors of one "
        "language, and tokenised alike (data.tokenizer), or is this a small vector file? "
        "embed.path= takes other vectors"
    ]


def shortened(word: str) -> str:
    return word if len(word) <= _SHOWN else word[:_SHOWN] + "..."


def _alike(names: Sequence[str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(" ".join(name.casefold().split()), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _combined(names: Sequence[str], mark: str) -> list[str]:
    """The labels that join others by the mark, if its parts come back in other labels.

    A mark that also stands in prose must save names: fewer parts than labels.
    """
    parts = {name: [part.strip() for part in name.split(mark)] for name in names}
    combined = [name for name in names if len(parts[name]) > 1 and all(parts[name])]
    uses: dict[str, int] = {}
    for name in names:
        for part in set(parts[name]):
            uses[part] = uses.get(part, 0) + 1
    again = [name for name in combined if any(uses[part] > 1 for part in parts[name])]
    if not again or (mark != "|" and len(uses) > len(names)):
        return []
    return combined


def _like_measurements(names: Sequence[str], counts: Sequence[int]) -> bool:
    """Whether numbers that are labels look measured; numbers of classes have no gaps."""
    if not all(map(NUMBER.fullmatch, names)):
        return False
    values = sorted(map(float, names))
    if any(not value.is_integer() for value in values):
        return len(values) > _MANY_FRACTIONS
    gaps = values[0] not in (0, 1) or values[-1] - values[0] >= len(values)
    return len(values) > _MANY_WHOLE and (gaps or sum(counts) < _FEW_EACH * len(values))


def measured(cells: Sequence[object]) -> bool:
    """Whether labels are numbers to be learnt as such, judged by the first of a column.

    More than five different values with a fraction among them; or whole numbers that are mostly
    different from each other and spread over ten times as many values: numbers of classes are not.
    """
    present = [text for cell in cells if cell is not None and (text := str(cell).strip())]
    if isinstance(next(iter(cells), None), bool) or not all(map(NUMBER.fullmatch, present)):
        return False
    values = set(map(float, present))
    if any(not value.is_integer() for value in values):
        return len(values) > _MANY_FRACTIONS
    sparse = bool(values) and max(values) - min(values) >= 10 * len(values)
    return len(values) > max(_MANY_WHOLE, len(present) / 2) and sparse


def number_notes(where: str, column: str, cells: Sequence[object]) -> list[str]:
    """Labels that were taken as numbers, because they look `measured`."""
    shown = ", ".join(f"{cell}" for cell in cells[:3])
    return [
        f"{where}: column {column!r} holds numbers ({shown:.{_SHOWN}}), which are learnt as such "
        f"(data.task={kind_of_text(False, numeric=True).name}); "
        f"data.task={kind_of_text(False).name} takes each value as a class of its own"
    ]


def separator_notes(where: str, separator: str) -> list[str]:
    """What parts the labels of a text, where nobody said."""
    return [
        f"{where}: the labels of a text are parted at {separator!r}; data.label_separator= gives "
        "another separator"
    ]


def quoted(name: str, show: Callable[[str], str] = repr) -> str:
    return show(name) if len(name) <= _SHOWN else show(name[:_SHOWN]) + "..."


def _together(ways: Sequence[str], show: Callable[[str], str]) -> str:
    more = [f"{len(ways) - 3} more"] if len(ways) > 3 else []
    return " and ".join([*(quoted(way, show) for way in ways[:3]), *more])


def _listed(names: Sequence[str], *, quote: bool = True) -> str:
    shown = [quoted(name) if quote else name for name in names[:3]]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(shown) + more
