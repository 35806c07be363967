"""One's own unlabelled text: a line of plain text, or a row of a table, at a time."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wvexp.data.reading.limits import TextLimits
from wvexp.data.reading.opening import check_growth, open_text
from wvexp.data.reading.reader import Text
from wvexp.data.reading.readers import known_suffixes, reader_of
from wvexp.data.tokenizers import get_tokenizer
from wvexp.errors import UserError

# What the formats of vectors cannot hold in a word, and what parts words in the tokenised copy.
_PARTING = " \t\r\n\0"
_LONGEST = 1000  # characters of a word that is kept
# Words of a sentence, as gensim takes them; a longer line is cut into several.
_SENTENCE = 10_000
_BLOCK = 1 << 20


@dataclass(frozen=True)
class OwnText:
    """What is read, and how.

    column     of a table; None where one choice is obvious
    tokenizer  as the key `data.tokenizer` has it
    """

    path: Path
    column: str | None
    tokenizer: str
    lowercase: bool
    limits: TextLimits

    @property
    def is_table(self) -> bool:
        """Whether a reader of labelled text has the file's ending; else it is plain text."""
        suffixes = [s.lower() for s in self.path.suffixes if s.lower() != ".gz"]
        return bool(suffixes) and suffixes[-1] in known_suffixes()

    def check(self) -> None:
        """UserError where the file cannot be read, or is no text with a column."""
        check_growth(self.path, self.limits)
        if self.column is not None and not self.is_table:
            raise UserError(
                f"embed.corpus_text={self.column}: {self.path} is plain text, without columns",
                "leave it out",
            )

    def describe(self) -> dict[str, object]:
        """Everything that says which words are read: a hash of the content, and how it is read."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        ending = "".join(self.path.suffixes[-2:]).lower() if self.is_table else "text"
        return {
            "content": digest.hexdigest(),
            "format": ending,
            "column": self.column,
            "tokenizer": self.tokenizer,
            "lowercase": self.lowercase,
        }

    def texts(self) -> Iterator[Text]:
        """The texts, or lists of words, from the first: a new pass over the file.

        Raises
        ------
        UserError
            A line or row cannot be read; it is named.
        """
        if self.is_table:
            yield from reader_of(self.path).texts(self.path, self.column, self.limits)
            return
        with open_text(self.path, self.limits) as lines:
            for line in lines:
                yield line
                lines.end_record()

    def sentences(self) -> Iterator[list[str]]:
        """The words of each text, tokenised and lower-cased as asked."""
        typed = (text for text in self.texts() if isinstance(text, str))
        _, split_words = get_tokenizer(self.tokenizer, typed)
        for text in self.texts():
            words = split_words(text) if isinstance(text, str) else text
            yield [word.lower() for word in words] if self.lowercase else list(words)


@dataclass(frozen=True)
class Tokenised:
    """A copy of the text with its words parted by blanks, a sentence per line, and its counts.

    tokens    in all
    counts    word -> occurrences, in the order of first use
    """

    path: Path
    tokens: int
    counts: Counter[str]

    @property
    def sentences(self) -> Iterator[list[str]]:
        """The words of each sentence, from the first."""
        with self.path.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.removesuffix("\n").split(" ")


def tokenise(text: OwnText, target: Path, advance: Callable[[int], None]) -> Tokenised:
    """Write the text's words to the file `target`, in one pass and bounded memory; count them.

    Raises
    ------
    UserError
        The text cannot be read, or there is not one word in it.
    """
    counts: Counter[str] = Counter()
    with target.open("w", encoding="utf-8", errors="replace", newline="\n") as out:
        for words in text.sentences():
            kept = [word for word in words if _fits(word)]
            for start in range(0, len(kept), _SENTENCE):
                line = " ".join(kept[start : start + _SENTENCE])
                out.write(line + "\n")
                # As they come back: a lone surrogate, which JSON can hold, becomes a question mark.
                counts.update(line.encode(errors="replace").decode().split(" "))
            advance(len(words))
    if not counts:
        raise UserError(
            f"{text.path}: not one word in it", "give text, a sentence or paragraph a line"
        )
    return Tokenised(target, counts.total(), counts)


def _fits(word: str) -> bool:
    return 0 < len(word) <= _LONGEST and not any(mark in word for mark in _PARTING)
