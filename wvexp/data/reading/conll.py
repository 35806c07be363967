"""CoNLL (token and tag columns) and CoNLL-U, read line by line."""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from wvexp.data.reading.examples import Example
from wvexp.data.reading.limits import USUAL, TextLimits
from wvexp.data.reading.opening import open_text
from wvexp.errors import UserError
from wvexp.tasks import TOKEN

CONLLU_COLUMNS = ["ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC"]
FORM, UPOS = "FORM", "UPOS"  # of the format's columns those that are read unless others are named

# Where columns are separated by spaces, a token "#" and its tag look like a comment: there, only
# the comments that such files are known to hold count as one.
_COMMENT = re.compile(r"#\s+(newdoc|newpar|id|sent_id|text|global\.columns)\b")
_NEW_DOCUMENT = re.compile(r"#\s+newdoc\b(?:\s+id)?\s*=?\s*(.*)")
_DOCUMENT_ID = re.compile(r"#\s+id\b\s*=?\s*(.*)")

# What a line holds: a token with its tag; the name of the document that begins there, or "" where
# it has none; nothing.
_Held = tuple[str, str] | str | None


def read_conll(
    path: Path, token: str | None = None, tag: str | None = None, limits: TextLimits = USUAL
) -> Iterator[Example]:
    """Sentences of a file with one token a line and blank lines between sentences.

    Columns are separated by tabs, or by spaces where the first token line has no tab.
    `-DOCSTART-` lines and the comments `# newdoc` and `# id NAME` begin a document.

    Parameters
    ----------
    token, tag
        Column numbers counted from 1; the first and the last column when None.

    Raises
    ------
    UserError
        A line has more or fewer columns than the first, or an empty token or tag; there is no
        such column; what `open_text` refuses.
    """
    token_column = 0 if token is None else _column_number(path, token)
    tag_column = -1 if tag is None else _column_number(path, tag)
    separator, width = "", 0

    def held(line: str, number: int) -> _Held:
        nonlocal separator, width
        if line.startswith("-DOCSTART-"):
            return ""
        if _is_comment(line, separator):
            document = _NEW_DOCUMENT.match(line) or _DOCUMENT_ID.match(line)
            return document and document[1].strip()
        if not width:
            separator = "\t" if "\t" in line else " "
            width = _width(path, number, _fields(line, separator), token_column, tag_column)
        fields = _fields(line, separator)
        if len(fields) != width:
            problem = f"has {len(fields)} columns, the lines before it have {width}"
            raise _bad_line(path, number, problem if len(fields) > 1 else "has no tag")
        word, label = fields[token_column], fields[tag_column].strip()
        if word and label:
            return word, label
        if word and line.endswith("\t") and tag is None and width > 2:
            raise UserError(
                f"{path}: line {number} ends with a tab, so its last column is empty",
                f"take the tab out, or name the tag's column: data.label={width - 1}",
            )
        raise _bad_line(path, number, f"has no {'tag' if word else TOKEN.noun}")

    return _sentences(path, limits, held)


def read_conllu(
    path: Path, token: str | None = None, tag: str | None = None, limits: TextLimits = USUAL
) -> Iterator[Example]:
    """Sentences of a CoNLL-U file; multiword ranges (`1-2`) and empty nodes (`1.1`) are skipped.

    Parameters
    ----------
    token, tag
        Names of columns as the format gives them (`FORM`, `UPOS`, `XPOS`, `DEPREL`, ...);
        FORM and UPOS when None.

    Raises
    ------
    UserError
        A line has not ten columns, or no value in the tag column; there is no such column; what
        `open_text` refuses.
    """
    token_column, tag_column = (
        _conllu_column(path, token or FORM),
        _conllu_column(path, tag or UPOS),
    )
    # "_" means "no features", yet an unknown part of speech
    absent = ("", "_") if tag_column in (3, 4) else ("",)

    def held(line: str, number: int) -> _Held:
        if line.startswith("#"):
            document = _NEW_DOCUMENT.match(line)
            return document and document[1].strip()
        fields = line.split("\t")
        if len(fields) != len(CONLLU_COLUMNS):
            raise UserError(
                f"{path}: line {number} has {len(fields)} tab-separated columns, "
                f"CoNLL-U has {len(CONLLU_COLUMNS)}",
                "fix the line, or name the file .conll if it holds token and tag columns",
            )
        if "-" in fields[0] or "." in fields[0]:
            return None
        if fields[tag_column] in absent:
            raise UserError(
                f"{path}: line {number} has no {CONLLU_COLUMNS[tag_column]}",
                "fix the line, or choose another column with data.label",
            )
        return fields[token_column], fields[tag_column]

    return _sentences(path, limits, held)


def _sentences(
    path: Path, limits: TextLimits, held: Callable[[str, int], _Held]
) -> Iterator[Example]:
    """The sentences of a file; `held` says what a line that is not blank holds, by its number."""
    document, documents = None, 0
    tokens: list[str] = []
    tags: list[str] = []
    begun = False  # whether a token stands behind the last blank line
    with open_text(path, limits) as lines:
        for line in chain(lines, [""]):
            line = line.rstrip("\n")
            blank = not line or line.isspace()
            found = None if blank else held(line, lines.number)
            if isinstance(found, tuple):
                tokens.append(found[0])
                tags.append(found[1])
                begun = True
                continue
            if blank and begun:
                lines.end_record()
                begun = False
            if tokens and (blank or found is not None):
                yield Example(tokens, tags, document)
                tokens, tags = [], []
            if found is not None:
                documents += 1
                document = found or f"#{documents}"


def _fields(line: str, separator: str) -> list[str]:
    """The columns of a line; a Unicode space is a character of its word."""
    fields = line.split(separator)
    return fields if separator == "\t" else [field for field in fields if field]


def _is_comment(line: str, separator: str) -> bool:
    if line[0] != "#" or "\t" in line:
        return False
    return bool(_COMMENT.match(line)) or (separator == "\t" and line.startswith("# "))


def _column_number(path: Path, column: str) -> int:
    if column.isdecimal() and int(column) >= 1:
        return int(column) - 1
    raise UserError(
        f"{path}: no column {column!r}: CoNLL columns have no names",
        "give data.text and data.label the number of a column, counted from 1",
    )


def _width(path: Path, number: int, fields: list[str], token: int, tag: int) -> int:
    """The number of columns, from the first token line."""
    width = len(fields)
    if width < 2:
        raise _bad_line(path, number, "has no tag")
    if max(token, tag) >= width:
        raise UserError(
            f"{path}: no column {max(token, tag) + 1}, line {number} has {width} columns",
            f"give data.text and data.label a number from 1 to {width}",
        )
    return width


def _bad_line(path: Path, number: int, problem: str) -> UserError:
    return UserError(
        f"{path}: line {number} {problem}",
        "give each token its tag on the same line; blank lines separate sentences",
    )


def _conllu_column(path: Path, column: str) -> int:
    if column.upper() in CONLLU_COLUMNS:
        return CONLLU_COLUMNS.index(column.upper())
    raise UserError(
        f"{path}: no column {column!r} in CoNLL-U", f"its columns are {', '.join(CONLLU_COLUMNS)}"
    )
