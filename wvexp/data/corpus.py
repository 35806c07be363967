"""Corpus: sentences, labels and splits in flat arrays, and nested training subsets."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wvexp.data.dealing import smallest_fold
from wvexp.data.grouping import make_groups
from wvexp.data.leakage import Leakage, find_leakage, leakage_between_groups
from wvexp.data.split import Split, Task, training_order
from wvexp.data.units import Units, make_units
from wvexp.errors import UserError


@dataclass(frozen=True)
class Corpus:
    """Labelled text with its three splits.

    The lexicon lists every word form of all splits: it is an encoding, not the vocabulary of a
    model, which is built from the training subset alone (`wvexp.data.vocabulary`). `typed` lists
    the forms as they stood in the text where the lexicon has them lower-cased; else it is None.
    `label_names` are the labels of the training data: the classes of a model. `unseen_labels` stand
    in validation or test alone; no model gives them.
    `tokenizer` is the one that made words of the text (`wvexp.data.tokenizers`), never "auto".
    With `folds` all three splits are the whole data, to be cut by `wvexp.data.folds`;
    `test_units` are the units of a test split that was cut out of a larger one.
    `notes` say what was assumed when the data were read (`wvexp.data.reading.assumptions`);
    `sources` are the names of what train, validation and test were read from, None for a part that
    was split off; `columns` those of text and label, None where they have none; `group` that whose
    equal values are one document, in whichever split; `separator` parts the labels of a text that
    may have several, None where they are lists.
    """

    name: str
    lexicon: list[str]
    label_names: list[str]
    train: Split
    validation: Split
    test: Split
    tokenizer: str = "whitespace"
    folds: int | None = None
    test_units: Units | None = None
    unseen_labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[str | None, ...] = ()
    columns: tuple[str | None, str | None] = (None, None)
    group: str | None = None
    typed: list[str] | None = None
    separator: str | None = None

    @property
    def task(self) -> Task:
        return self.train.task

    @property
    def outputs(self) -> int:
        """How many scores of an example a model gives."""
        return self.train.kind.outputs(len(self.label_names))

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the content: equal for equal text, labels and splits, wherever they lie."""
        digest = hashlib.sha256()
        for names in (self.lexicon, self.label_names):
            digest.update(_encoded(names))
        for split in (self.train, self.validation, self.test):
            digest.update(split.task.encode())
            for array in (split.word_ids, split.offsets, split.labels, split.documents):
                digest.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
        if self.unseen_labels:
            digest.update(_encoded(("unseen", *self.unseen_labels)))
        if self.folds is not None:
            digest.update(f"{self.folds} folds".encode())
            if len(self.units.ids) > int(self.groups.max()) + 1:
                digest.update(b"equal texts in one fold")
        return digest.hexdigest()[:16]

    @cached_property
    def typed_fingerprint(self) -> str:
        """`fingerprint` of the words as typed also: for what reads more of them than their ids."""
        if self.typed is None:
            return self.fingerprint
        digest = hashlib.sha256(self.fingerprint.encode() + _encoded(self.typed))
        for split in (self.train, self.validation, self.test):
            assert split.typed is not None
            digest.update(np.ascontiguousarray(split.typed).tobytes())
        return digest.hexdigest()[:16]

    @cached_property
    def units(self) -> Units:
        """The units of the test split, over which statistics are taken."""
        return self.test_units or make_units(self.test, self.lexicon)

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """What stays together where a split is made [training sentences]: `wvexp.data.grouping`."""
        return make_groups(self.train, self.lexicon)

    @cached_property
    def leakage(self) -> Leakage | None:
        """Test sentences that also stand in the training split.

        None for none, and for the built-in world, whose sentences coincide by chance.
        """
        if self.name in ("world-token", "world-sentence"):
            return None
        if self.folds is not None:
            return leakage_between_groups(self.train, self.groups)
        return find_leakage(self.train, self.test)

    def available(self, seeds: Collection[int]) -> int:
        """Examples that every run of the seeds can train on, in whichever fold."""
        if self.folds is None:
            return self.train.examples
        for seed in seeds:
            if seed not in self._smallest:
                self._smallest[seed] = smallest_fold(self.train, self.groups, self.folds, seed)
        return min(self._smallest[seed] for seed in seeds)

    @cached_property
    def _smallest(self) -> dict[int, int]:
        """Of each seed asked for so far, what its smallest fold is trained on."""
        return {}

    def of_kind(self, task: Task) -> "Corpus":
        """The same corpus for another kind of task, whose examples are the same."""
        train, validation, test = (
            replace(split, task=task) for split in (self.train, self.validation, self.test)
        )
        return replace(self, train=train, validation=validation, test=test)

    def lowercased(self) -> "Corpus":
        """The same corpus with every word form lower-cased, equal forms made one.

        `typed` keeps the forms as they were.
        """
        forms = [word.lower() for word in self.lexicon]
        lexicon = list(dict.fromkeys(forms))
        if lexicon == self.lexicon:
            return self
        ids = {word: i for i, word in enumerate(lexicon)}
        mapping = np.array([ids[form] for form in forms], dtype=np.int32)
        train, validation, test = (
            replace(split, word_ids=mapping[split.word_ids], typed=split.word_ids)
            for split in (self.train, self.validation, self.test)
        )
        return replace(
            self, lexicon=lexicon, train=train, validation=validation, test=test, typed=self.lexicon
        )

    def as_typed(self) -> "Corpus":
        """The same corpus with the words as they stood in the text: `lowercased` undone."""
        if self.typed is None:
            return self
        splits = []
        for split in (self.train, self.validation, self.test):
            assert split.typed is not None
            splits.append(replace(split, word_ids=split.typed, typed=None))
        train, validation, test = splits
        return replace(
            self, lexicon=self.typed, train=train, validation=validation, test=test, typed=None
        )

    def check_training_size(self, size: int, seeds: Collection[int]) -> None:
        """Refuse a training size that the data do not have, in some fold of the seeds if any."""
        examples = self.available(seeds)
        if not 1 <= size <= examples:
            where = "" if self.folds is None else f" in the smallest of its {self.folds} folds"
            unit = self.train.kind.nouns
            raise UserError(
                f"train_size={size}: the training data of {self.name} has {examples} {unit}{where}",
                f"give a number from 1 to {examples}, or leave it out to take all",
            )

    def training_subset(self, size: int | None, seed: int) -> Split:
        """The first `size` examples of the seed's order; all of them when `size` is None.

        Sentence tasks count sentences, interleaved by label so that every prefix keeps the label
        proportions. Token tasks take whole sentences until at least `size` tokens. Subsets of one
        seed are prefixes of one order, so they nest.

        Raises
        ------
        UserError
            `size` is below 1 or exceeds the training examples.
        """
        split = self.train
        if size is not None:
            self.check_training_size(size, [seed])
        order = training_order(split, seed)
        if size is None:
            return split.take(order)
        lengths = np.diff(split.offsets)[order]
        return split.take(order[: split.kind.sentences_for(size, lengths)])


def _encoded(names: Sequence[str]) -> bytes:
    return "\0".join(names).encode("utf-8", "surrogatepass") + b"\1"
