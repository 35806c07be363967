"""What the public functions take, and one clear line where they get something else."""

from collections.abc import Sequence
from pathlib import Path

from wvexp.errors import UserError


def check_words(function: str, words: Sequence[object]) -> None:
    """UserError where one of the `words` is not text such as `data.train=reviews.csv`."""
    for word in words:
        if isinstance(word, str):
            continue
        if isinstance(word, list | tuple) and all(isinstance(part, str) for part in word):
            remedy = f"give them one by one: {function}(*words)"
        else:
            remedy = f'write the data to a file: {function}("data=files", "data.train=reviews.csv")'
        raise UserError(
            f'{function} takes words such as "data.train=reviews.csv", not {_kind_of(word)}', remedy
        )


def names_data(word: str) -> bool:
    """Whether the word says which data to read."""
    return word.lstrip("+").startswith(("data=", "data.", "experiment="))


def check_path(function: str, path: object, remedy: str) -> None:
    """UserError where `path` is neither text nor a `Path`."""
    if not isinstance(path, str | Path):
        raise UserError(f"{function} takes the path of a file, not {_kind_of(path)}", remedy)


def _kind_of(value: object) -> str:
    """Such as `a pandas DataFrame` or `None`."""
    if value is None:
        return "None"
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    name = kind.__name__ if package == "builtins" else f"{package} {kind.__name__}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
