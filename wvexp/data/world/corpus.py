"""The built-in world's tasks: labelled corpora, a stream of any length, unlabelled text."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from wvexp.data.corpus import Corpus
from wvexp.data.split import Split, Task
from wvexp.data.world.build import World, build_world
from wvexp.data.world.sampler import TAG_NAMES, Block, Style, Writer
from wvexp.errors import UserError
from wvexp.seeds import stream
from wvexp.tasks import SENTENCE, TASKS, TOKEN

LABEL_NAMES = ["negative", "positive"]
VOCABULARY_SIZE = 20_000

# Sentences drawn at a time, whole documents. Part of what the text is: each block has its own
# random stream.
BLOCK_SENTENCES = 4000


@dataclass(frozen=True)
class Recipe:
    """A task's world and its two kinds of text; `build_world` explains the first three."""

    exponent: float
    idiosyncratic: float
    turned: float
    labelled: Style
    unlabelled: Style


RECIPES: dict[Task, Recipe] = {
    TOKEN.name: Recipe(
        exponent=0.7,
        idiosyncratic=0.1,
        turned=0.0,
        labelled=Style(
            mixture={"telling": 0.3, "neutral": 0.7},
            coherence=0.8,
            document_sentences=20,
            repeats=0.9,
            entity_noise=0.1,
        ),
        unlabelled=Style(mixture={"telling": 0.4, "neutral": 0.6}, coherence=0.8),
    ),
    SENTENCE.name: Recipe(
        exponent=1.0,
        idiosyncratic=0.0,
        turned=0.15,
        labelled=Style(mixture={"review": 1.0}, coherence=0.8, label_noise=0.05, turns=True),
        unlabelled=Style(
            mixture={
                "telling": 0.35,
                "neutral": 0.35,
                "review": 0.21,
                "praise": 0.045,
                "blame": 0.045,
            },
            coherence=0.95,
        ),
    ),
}


@lru_cache(maxsize=4)
def task_world(task: Task, seed: int, vocabulary_size: int) -> World:
    """The world that the text of `task` and `seed` speaks of."""
    recipe = RECIPES[task]
    return build_world(seed, vocabulary_size, recipe.exponent, recipe.idiosyncratic, recipe.turned)


def world_corpus(
    task: Task,
    seed: int,
    train_examples: int,
    validation_examples: int,
    test_examples: int,
    vocabulary_size: int = VOCABULARY_SIZE,
) -> Corpus:
    """A labelled corpus of the world of `seed`.

    Parameters
    ----------
    task
        `token`: BIO tags of seven entity types, in documents of 20 sentences;
        `sentence`: negative or positive.
    train_examples, validation_examples, test_examples
        Tokens (rounded up to whole sentences) or sentences, by task. More examples extend the
        same text, and no split depends on the size of another.
    vocabulary_size
        Number of words the world has, at least 2,000.

    Raises
    ------
    UserError
        A size is below 1, or the vocabulary is too small.
    """
    sizes = {"train": train_examples, "validation": validation_examples, "test": test_examples}
    for name, size in sizes.items():
        if size < 1:
            raise UserError(f"{name}_examples={size}: every split needs examples", "give 1 or more")
    world = task_world(task, seed, vocabulary_size)
    train, validation, test = (
        _join(task, list(_blocks(world, task, seed, name, size))) for name, size in sizes.items()
    )
    return Corpus(
        name=f"world-{task}",
        lexicon=world.lexicon.forms,
        label_names=TAG_NAMES if TASKS[task].listed else LABEL_NAMES,
        train=train,
        validation=validation,
        test=test,
    )


def world_stream(
    seed: int,
    tokens: int,
    chunk_tokens: int = 1_000_000,
    vocabulary_size: int = VOCABULARY_SIZE,
) -> Iterator[Split]:
    """The training split of the token task in chunks of at least `chunk_tokens` (but the last).

    The chunks end to end are `world_corpus(TOKEN.name, seed, tokens, ...).train`, whatever their
    size; memory is that of one chunk. Words and labels are indices into the lexicon and the label
    names of that corpus.
    """
    world = task_world(TOKEN.name, seed, vocabulary_size)
    chunk: list[Block] = []
    done = 0
    for block in _blocks(world, TOKEN.name, seed, "train", tokens):
        chunk.append(block)
        if sum(len(part.word_ids) for part in chunk) >= chunk_tokens:
            yield _join(TOKEN.name, chunk, done)
            done += sum(part.sentences for part in chunk)
            chunk = []
    if chunk:
        yield _join(TOKEN.name, chunk, done)


def world_text(
    task: Task, seed: int, tokens: int, vocabulary_size: int = VOCABULARY_SIZE
) -> Iterator[list[str]]:
    """Unlabelled sentences of the task's world, at least `tokens` tokens."""
    world = task_world(task, seed, vocabulary_size)
    lexicon = np.array(world.lexicon.forms, dtype=object)
    for block in _blocks(world, task, seed, "unlabelled", tokens):
        forms = lexicon[block.word_ids].tolist()
        for start, end in pairwise(block.offsets.tolist()):
            yield forms[start:end]


def _blocks(world: World, task: Task, seed: int, name: str, examples: int) -> Iterator[Block]:
    """The first blocks of the text called `name`, the last one cut after `examples` examples.

    Unlabelled text counts tokens, labelled text what its task counts.
    """
    recipe = RECIPES[task]
    unlabelled = name == "unlabelled"
    writer = Writer(world, recipe.unlabelled if unlabelled else recipe.labelled)
    by_tokens = unlabelled or TASKS[task].listed
    index = 0
    while examples > 0:
        block = writer.draw(stream(seed, f"world/{task}/{name}", index), BLOCK_SENTENCES)
        ends = block.offsets[1:] if by_tokens else np.arange(1, BLOCK_SENTENCES + 1)
        # sentences needed to reach the examples still wanted
        block = block.first(int(np.searchsorted(ends, examples)) + 1)
        yield block
        examples -= len(block.word_ids) if by_tokens else block.sentences
        index += 1


def _join(task: Task, blocks: list[Block], sentences_before: int = 0) -> Split:
    """Blocks as one split; token tasks number their documents from the text's first sentence."""
    lengths = np.concatenate([np.diff(block.offsets) for block in blocks])
    tagged = TASKS[task].listed
    labels = [block.tags if tagged else block.labels for block in blocks]
    documents = None
    if tagged:
        place = sentences_before + np.arange(len(lengths))
        documents = (place // RECIPES[task].labelled.document_sentences).astype(np.int32)
    return Split(
        task=task,
        word_ids=np.concatenate([block.word_ids for block in blocks]),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        labels=np.concatenate(labels),
        documents=documents,
    )
