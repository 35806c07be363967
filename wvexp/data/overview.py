"""What was read, in one structure: for the terminal, the report, and whoever has the results file.

A decision on a text column that was guessed wrong looks like any other: the first thing to check
is what was read.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np

from wvexp.data.contents import Numbers, numbers_of
from wvexp.data.corpus import Corpus
from wvexp.data.split import Split
from wvexp.tasks import TASKS

_MOST_LABELS = 100  # that are kept with their counts
_LABELS_SHOWN = 6
_LABEL_SHOWN = 30  # characters of one
_LONG = 50  # words in the median: a sentence no longer


@dataclass(frozen=True)
class Part:
    """One split. source: its file or data set; None where it was split off the training data."""

    source: str | None
    sentences: int
    tokens: int


@dataclass(frozen=True)
class VectorFile:
    """Pretrained vectors, and the shares of training types and tokens that have one."""

    name: str
    types: float
    tokens: float

    @property
    def words(self) -> str:
        return f"{self.name} covers {self.types:.1%} of training words, {self.tokens:.1%} of tokens"


@dataclass(frozen=True)
class Reading:
    """What the runs of a configuration read.

    text, label     the columns; None where they have no names
    group           the column whose equal values stay together; None where none was asked for
    labels          examples of each in all parts together, the most frequent first, 100 at most
    classes         number of labels
    words           words of a sentence in the median, and of the longest
    parts           train, validation, test; `all` alone where `folds` pool them
    lowercase       whether the text was lower-cased
    notes           what was assumed, each with the key or change that undoes it
    numbers         those of training, where examples have numbers in place of labels
    """

    data: str
    task: str
    text: str | None
    label: str | None
    group: str | None
    labels: dict[str, int]
    classes: int
    words: tuple[int, int]
    parts: dict[str, Part]
    folds: int | None
    tokenizer: str
    lowercase: bool
    vectors: VectorFile | None
    notes: tuple[str, ...]
    numbers: Numbers | None = None

    @classmethod
    def of(
        cls, corpus: Corpus, *, lowercase: bool, vectors: VectorFile | None, notes: tuple[str, ...]
    ) -> "Reading":
        """The account of a corpus."""
        splits = {"train": corpus.train, "validation": corpus.validation, "test": corpus.test}
        if corpus.folds is not None:
            splits = {"all": corpus.train}
        sources = dict(zip(("train", "validation", "test"), corpus.sources, strict=False))
        names = [*corpus.label_names, *corpus.unseen_labels]
        kind = corpus.train.kind
        counts = np.sum(
            [kind.label_counts(split.labels, len(names)) for split in splits.values()], axis=0
        )
        order = np.argsort(-counts, kind="stable")[:_MOST_LABELS].tolist()
        lengths = np.concatenate([np.diff(split.offsets) for split in splits.values()])
        return cls(
            data=corpus.name,
            task=corpus.task,
            text=corpus.columns[0],
            label=corpus.columns[1],
            group=corpus.group,
            labels={names[i]: int(counts[i]) for i in order},
            classes=len(names),
            words=(int(np.median(lengths)), int(lengths.max())),
            parts={
                name: _part(split, sources.get("train" if name == "all" else name))
                for name, split in splits.items()
            },
            folds=corpus.folds,
            tokenizer=corpus.tokenizer,
            lowercase=lowercase,
            vectors=vectors,
            notes=notes,
            numbers=numbers_of(corpus.train),
        )

    def lines(self) -> list[str]:
        """Two lines for a terminal: the data; how they were cut, and what the vectors cover."""
        said = dict(self.rows())
        columns = f": {said['columns']}" if "columns" in said else ""
        covered = f"; {said['vectors']}" if "vectors" in said else ""
        labels = said["labels"] if "labels" in said else f"numbers {said['numbers']}"
        return [
            f"read {self.data}{columns}: {labels}; {said['texts']}",
            f"{said['splits']}; {said['words']}{covered}",
        ]

    def rows(self) -> Iterator[tuple[str, str]]:
        """The same as pairs of a name and what is said of it, for a page."""
        named = (("text", self.text), ("label", self.label), ("group", self.group))
        columns = [f"{name}={column}" for name, column in named if column]
        if columns:
            yield "columns", ", ".join(columns)
        yield ("labels", self._labels()) if self.numbers is None else ("numbers", self._numbers())
        yield "texts", self._texts()
        yield "splits", self._splits()
        casing = "lower-cased" if self.lowercase else "as written"
        yield "words", f"tokenizer {self.tokenizer}, {casing}"
        if (v := self.vectors) is not None:
            yield "vectors", v.words
        yield from (("mind", note) for note in self.notes)

    @property
    def unit(self) -> str:
        """What a text is called: a sentence, or a document where most are long."""
        long = not TASKS[self.task].listed and self.words[0] >= _LONG
        return "documents" if long else "sentences"

    def _labels(self) -> str:
        shown = [f"{_short(n)} {c:,}" for n, c in islice(self.labels.items(), _LABELS_SHOWN)]
        if self.classes > len(shown):
            shown.append(f"and {self.classes - len(shown):,} more")
        several = ", any number per text" if TASKS[self.task].several else ""
        return f"{self.classes:,} labels{several} ({', '.join(shown)})"

    def _numbers(self) -> str:
        assert self.numbers is not None
        n = self.numbers
        return (
            f"from {n.lowest:.4g} to {n.highest:.4g}, {n.mean:.4g} in the mean with a spread of "
            f"{n.spread:.4g}"
        )

    def _texts(self) -> str:
        number = sum(part.sentences for part in self.parts.values())
        tokens = sum(part.tokens for part in self.parts.values())
        middle, longest = self.words
        return (
            f"{number:,} {self.unit}, {tokens:,} words, {middle:,} in the median and "
            f"{longest:,} at most"
        )

    def _splits(self) -> str:
        if self.folds is not None:
            [whole] = self.parts.values()
            return f"all {whole.sentences:,} in {self.folds} folds"
        said = []
        for name, part in self.parts.items():
            source = "split off" if part.source is None else part.source
            generated = all(other.source is None for other in self.parts.values())
            said.append(f"{name} {part.sentences:,}" + ("" if generated else f" ({source})"))
        return ", ".join(said)

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is not known is absent."""
        content = {name: value for name, value in asdict(self).items() if value is not None}
        return {**content, "words": list(self.words), "notes": list(self.notes)}


def _part(split: Split, source: str | None) -> Part:
    return Part(
        None if source is None else source.replace("\\", "/").rsplit("/", 1)[-1],
        split.sentences,
        split.tokens,
    )


def _short(label: str) -> str:
    """As it stands in a list: cut where it is long, in quotes where it holds a comma."""
    short = label if len(label) <= _LABEL_SHOWN else f"{label[:_LABEL_SHOWN]}..."
    return repr(short) if "," in short else short
