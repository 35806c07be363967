"""What runs read: the corpus and the vectors that a configuration names."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from wvexp.config.schema import Config, Data
from wvexp.config.vector_files import each_file
from wvexp.data.corpus import Corpus
from wvexp.data.folds import FOLDS, pooled
from wvexp.data.overview import Reading, VectorFile
from wvexp.data.reading.asked import Asked
from wvexp.data.reading.assumptions import shortened, unknown_words_notes
from wvexp.data.reading.limits import TextLimits
from wvexp.errors import UserError
from wvexp.experiment.vectors import OpenVectors, open_vectors, world_table
from wvexp.machine import require_memory
from wvexp.metrics import check_metric_for_task, default_metric
from wvexp.metrics.majority import majority_notes
from wvexp.models import check_model_for_task
from wvexp.tasks import SENTENCE, TASKS, TOKEN, kind_of_text
from wvexp.training.saved import VectorSource
from wvexp.vectors.reference import ReferenceVectors, match_lexicon, wanted_words
from wvexp.vectors.table import coverage

log = logging.getLogger("wvexp")

# Examples of the built-in world where no size is given.
_WORLD_TRAIN = {TOKEN.name: 30_000, SENTENCE.name: 10_000}
_WORLD_VALIDATION = {TOKEN.name: 10_000, SENTENCE.name: 2_000}
_WORLD_TEST = {TOKEN.name: 20_000, SENTENCE.name: 10_000}
# What a training example takes while it is written.
_WORLD_BYTES = {TOKEN.name: 24, SENTENCE.name: 400}


@dataclass(frozen=True)
class Inputs:
    """What the runs of one configuration share.

    notes  what was assumed of data and vectors, beside the notes of the corpus
    """

    corpus: Corpus
    reference: ReferenceVectors | None
    source: VectorSource | None
    lowercase: bool
    notes: tuple[str, ...] = ()

    @cached_property
    def reading(self) -> Reading:
        """What was read, for people."""
        vectors = None
        if self.reference is not None:
            shares = coverage(self.reference, self.corpus.train)
            vectors = VectorFile(_vectors_name(self.source), **asdict(shares))
        return Reading.of(
            self.corpus,
            lowercase=self.lowercase,
            vectors=vectors,
            notes=(*self.corpus.notes, *self.notes),
        )


def prepare(config: Config, least_test: int = 0) -> Inputs:
    """Read the corpus and the vectors of its words, and check that the two fit.

    Those of the first file, where the configuration names several.

    Cross-fitted over `data.folds`; where that is null, over `FOLDS` if a test part that has to be
    split off would have fewer than `least_test` sentences or documents.

    Raises
    ------
    UserError
        A file cannot be used, or too few words have a vector.
    """
    first, *_ = each_file(config)
    [(_, inputs)] = prepare_all(first[1], least_test)
    return inputs


def prepare_all(config: Config, least_test: int = 0) -> list[tuple[str, Inputs]]:
    """The same for every file of vectors that the configuration names: short name and inputs.

    The corpus is read once: all have its sentences, splits, subsets and unit ids, lower-cased where
    a file's words are and `data.lowercase` leaves that to the vectors.

    Raises
    ------
    UserError
        As `prepare`.
    """
    files = each_file(config)
    opened = [open_vectors(one) for _, one in files]
    corpus = _pooled_corpus(config, least_test)
    lowered: list[Corpus] = []  # one for all that read it so

    found = []
    for (name, one), vectors in zip(files, opened, strict=True):
        lowercase = _lowercases(one, vectors)
        if lowercase and not lowered:
            lowered.append(corpus.lowercased())
        read = lowered[0] if lowercase else corpus
        found.append((name, _with_vectors(one, read, vectors, lowercase)))
    _tell(dict.fromkeys(note for _, inputs in found for note in inputs.notes))
    return found


def _tell(notes: Iterable[str]) -> None:
    for note in notes:
        log.warning("%s", note)


def _pooled_corpus(config: Config, least_test: int) -> Corpus:
    """The corpus as it is typed, its parts pooled for a cross-fit."""
    data = config.data
    corpus = read_corpus(data, least_test if data.folds is None else 0)
    folds = data.cross_fit
    if data.folds is None and not corpus.test.sentences:
        folds = FOLDS
    if folds is not None:
        corpus = pooled(corpus, folds)
    check_model_for_task(config.model.name, corpus.task)
    check_metric_for_task(config.metric, corpus.task)
    return corpus


def _with_vectors(
    config: Config, corpus: Corpus, opened: OpenVectors | None, lowercase: bool
) -> Inputs:
    """The corpus, as these vectors want its words, with the vectors of its words."""
    data, embed = config.data, config.embed
    metric = config.metric or default_metric(corpus.train, corpus.label_names)
    notes = majority_notes(metric, corpus)
    keyed: Any = None
    source = reference = None
    if opened is not None:
        keyed, source = opened.load(wanted_words(corpus.lexicon)), opened.source
    elif data.kind == "world":
        keyed, source = world_table(data, corpus.task, embed.dim)
    if source is not None:
        reference = match_lexicon(keyed, corpus.lexicon, corpus.train.word_ids)
        _check_coverage(source, reference, corpus, embed.min_coverage)
        if opened is not None and not embed.corpus:  # of own text, what is rare has none
            known = reference.index >= 0
            notes += unknown_words_notes(_vectors_name(source), corpus, known)
    return Inputs(corpus, reference, source, lowercase, tuple(notes))


def _lowercases(config: Config, opened: OpenVectors | None) -> bool:
    """Whether the text is to be lower-cased."""
    if config.data.lowercase == "auto" and opened is not None:
        return opened.lowercased
    return config.data.lowercase == "true"


def _vectors_name(source: VectorSource | None) -> str:
    """The file's own name; that of the file within an archive."""
    if source is None or source.path is None:
        return "the built-in vector table"
    return source.member or Path(source.path).name


def read_corpus(data: Data, least_test: int = 0) -> Corpus:
    """The corpus that the `data` group describes.

    With no test part where one that has to be split off would have fewer than `least_test` units.
    """
    task = data.task
    if data.kind == "world":
        from wvexp.data.world import world_corpus

        own = task or TOKEN.name
        task = kind_of_text(TASKS[own].listed).name  # whose world a kind derived from it has
        size = data.world_size or _WORLD_TRAIN[task]
        require_memory(
            f"data.world_size={size}: the built-in world's text",
            _WORLD_BYTES[task] * size,
            "give a smaller data.world_size",
        )
        corpus = world_corpus(
            task,
            data.world_seed,
            size,
            _WORLD_VALIDATION[task],
            _WORLD_TEST[task],
            data.world_vocabulary,
        )
        return corpus if own == task else corpus.of_kind(own)
    asked = Asked(
        text=data.text,
        label=data.label,
        task=task,
        tokenizer=data.tokenizer,
        group=data.group,
        missing=data.missing,
        limits=TextLimits(data.max_line_mb, data.max_file_gb),
        # What is pooled for a cross-fit need not be split first.
        seed=data.split_seed if data.cross_fit is None else None,
        least_test=least_test,
    )
    if data.kind == "hub":
        from wvexp.data.reading.hub import read_hub

        assert data.name is not None
        splits = {
            "train": data.train_split,
            "validation": data.validation_split,
            "test": data.test_split,
        }
        return read_hub(
            data.name, asked, config_name=data.config_name, revision=data.revision, splits=splits
        )
    from wvexp.data.reading.files import read_files

    train, validation, test = (
        Path(name).expanduser() if name else None
        for name in (data.train, data.validation, data.test)
    )
    assert train is not None
    return read_files(train, validation, test, asked)


def _check_coverage(
    source: VectorSource, reference: ReferenceVectors, corpus: Corpus, least: float
) -> None:
    found = reference.index >= 0
    word_ids = corpus.train.word_ids
    share = float(found[word_ids].mean())
    if share >= least and share > 0:
        return
    missing = Counter(word_ids[~found[word_ids]].tolist()).most_common(5)
    raise UserError(
        f"{source.path}: only {share:.1%} of the training tokens have a vector "
        f"(most frequent without: {' '.join(shortened(corpus.lexicon[i]) for i, _ in missing)})",
        "are text and vectors of one language and tokenised alike (data.tokenizer)?"
        + (" embed.min_coverage=0.01 trains all the same" if share >= 0.01 else ""),
    )
