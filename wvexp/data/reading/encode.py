"""Examples in, Corpus out: words and labels become numbers while they are read."""

import logging
from array import array
from collections import defaultdict
from dataclasses import replace
from itertools import chain

import numpy as np

from wvexp.data.corpus import Corpus
from wvexp.data.grouping import make_groups
from wvexp.data.reading.asked import Asked
from wvexp.data.reading.assumptions import (
    label_notes,
    markup_notes,
    repeated_notes,
    unspaced_notes,
)
from wvexp.data.reading.examples import Example, Source
from wvexp.data.reading.labels import LabelIds, check_differing, label_array, ranked
from wvexp.data.split import Split
from wvexp.data.splitting import SHARE, split_off
from wvexp.data.tokenizers import SAMPLE, Tokenizer, get_tokenizer
from wvexp.errors import UserError
from wvexp.tasks import TASKS

log = logging.getLogger(__name__)

_SAMPLE_SIZE = 10**7  # characters of the sample, one text at least


class Ids(defaultdict[str, int]):
    """Numbers names in the order in which they are first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.default_factory = self.__len__


class Encoder:
    """Turns the sources of one corpus into splits that share their ids.

    Parameters
    ----------
    tokenize
        Text to words, for sentence tasks; the words of token tasks are taken as they are.
    groups
        Numbers of documents that all splits share; each split has documents of its own when None.
    """

    def __init__(self, tokenize: Tokenizer, groups: Ids | None = None) -> None:
        self.word_ids = Ids()
        self.labels = LabelIds()
        self._tokenize = tokenize
        self._groups = groups
        self.notes: list[str] = []

    def split(self, source: Source) -> Split:
        """All examples of the source; those without a word are dropped, and counted in the log.

        Raises
        ------
        UserError
            Nothing is left.
        """
        word_ids, documents = array("i"), array("i")
        labels = label_array(TASKS[source.task], source.name, self.labels)
        offsets = array("q", [0])
        document_ids = Ids() if self._groups is None else self._groups
        named = dropped = 0
        word_id = self.word_ids.__getitem__
        for example in source.examples:
            text = example.text
            tokens = self._tokenize(text) if isinstance(text, str) else text
            if not tokens:
                dropped += 1
                continue
            word_ids.extend(map(word_id, tokens))
            offsets.append(len(word_ids))
            labels.add(example.labels)
            named += example.document is not None
            documents.append(document_ids[example.document or ""])
        self.notes += source.left_out
        if dropped:
            texts = "1 sentence" if dropped == 1 else f"{dropped:,} sentences"
            self.notes.append(f"{source.name}: {texts} without a word left out")
        if len(offsets) == 1:
            raise UserError(
                f"{source.name}: no labelled text in it", "give sentences with their labels"
            )
        return Split(
            task=source.task,
            word_ids=np.array(word_ids, dtype=np.int32),
            offsets=np.array(offsets, dtype=np.int64),
            labels=labels.array(),
            documents=np.array(documents, dtype=np.int32) if named else None,
        )


def build_corpus(
    name: str, train: Source, validation: Source | None, test: Source | None, asked: Asked
) -> Corpus:
    """The corpus of the given sources.

    A missing part is split off the training data, or empty, as `asked` says. Labels are sorted;
    they are those of the full training data. Those that the other sources alone have follow as
    `Corpus.unseen_labels`.

    Raises
    ------
    UserError
        All training data have the same label; a source without a single one of them; see
        `Encoder.split`.
    """
    # Where the words are given, whitespace is how a user types them.
    tokenizer = "whitespace" if TASKS[train.task].listed else asked.tokenizer
    seed, group = asked.seed, asked.group
    sample = _sample(train)
    train = train._replace(examples=chain(sample, train.examples))
    tokenizer, tokenize = get_tokenizer(tokenizer, (str(example.text) for example in sample))
    log.info("%s: tokenizer %s", name, tokenizer)
    encoder = Encoder(tokenize, groups=Ids() if group else None)
    splits = {"train": encoder.split(train)}
    known = len(encoder.labels.names)
    check_differing(splits["train"], train.name, encoder.labels.names)
    for part, source in (("validation", validation), ("test", test)):
        if source is not None:
            splits[part] = encoder.split(source)
            _check_labels(source.name, train.name, splits[part], encoder.labels, known)
    if "test" not in splits and SHARE * _units(splits["train"]) < asked.least_test:
        seed = None
    share, doubles = SHARE, list[str]()
    if None in (validation, test):
        whole = splits["train"]
        groups = make_groups(whole, list(encoder.word_ids))
        if whole.kind.stratified and whole.documents is None:
            doubles = repeated_notes(train.name, whole.sentences, int(groups.max()) + 1)
    for part in ("test", "validation"):
        if part in splits:
            continue
        whole = splits["train"]
        if seed is None:
            splits[part] = whole.take(np.empty(0, dtype=np.int64))
        else:
            stay, go = split_off(whole, part, seed, groups, share, group=group)
            splits["train"], splits[part], groups = whole.take(stay), whole.take(go), groups[stay]
            log.info("%s: %d sentences split off as %s", name, splits[part].sentences, part)
            share = SHARE / (1 - SHARE)  # of what is left: the same share of the whole
    every = encoder.labels.names  # as all parts together call them
    counts = splits["train"].kind.label_counts(splits["train"].labels, known).tolist()
    texts = [tokenize(e.text) if isinstance(e.text, str) else e.text for e in sample]
    notes = [
        *encoder.notes,
        *train.notes,
        *unspaced_notes(train.name, texts),
        *markup_notes(train.name, [e.text for e in sample if isinstance(e.text, str)]),
        *doubles,
        *label_notes(train.name, train.task, every[:known], counts, encoder.labels.merged),
    ]
    for note in notes:
        log.warning("%s", note)
    names = sorted(every[:known], key=_label_order)
    unseen = sorted(every[known:], key=_label_order)
    place = {label: i for i, label in enumerate([*names, *unseen])}
    rank = np.array([place[label] for label in every], dtype=np.int32)
    splits = {part: replace(one, labels=ranked(one, rank)) for part, one in splits.items()}
    return Corpus(
        name,
        list(encoder.word_ids),
        names,
        splits["train"],
        splits["validation"],
        splits["test"],
        tokenizer,
        unseen_labels=tuple(unseen),
        notes=tuple(notes),
        sources=tuple(None if part is None else part.name for part in (train, validation, test)),
        columns=(train.text, train.label),
        group=group,
        separator=train.separator,
    )


def _sample(source: Source) -> list[Example]:
    """The first examples, by which the tokenizer is chosen."""
    sample, room = [], _SAMPLE_SIZE
    for example in source.examples:
        sample.append(example)
        room -= len(example.text)
        if len(sample) == SAMPLE or room < 0:
            break
    return sample


def _units(split: Split) -> int:
    """Documents where the data name at least two, else sentences: what a split keeps whole."""
    documents = 0 if split.documents is None else len(np.unique(split.documents))
    return documents if documents > 1 else split.sentences


def _label_order(label: str) -> tuple[bool, float, str]:
    """Numbers by value, before names by alphabet."""
    numeric = label.removeprefix("-").isdecimal()
    return (not numeric, float(label) if numeric else 0.0, label)


def _check_labels(where: str, train: str, split: Split, labels: LabelIds, known: int) -> None:
    """Refuses a split that holds none of the `known` labels of the training data."""
    names = labels.names
    counts = split.kind.label_counts(split.labels, len(names))
    if counts[:known].any() or split.kind.numeric:
        return
    here, there = (
        ", ".join(map(repr, some[:5])) + (", ..." if len(some) > 5 else "")
        for some in ([names[i] for i in np.flatnonzero(counts)], names[:known])
    )
    raise UserError(
        f"{where}: no label of it stands in {train}: {here} here, {there} there",
        "do the two belong together? a part whose labels are hidden has no score: name another",
    )
