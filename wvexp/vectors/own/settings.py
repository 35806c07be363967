"""How vectors are trained on one's own text, in keys."""

from dataclasses import dataclass

from wvexp.config.key import key

WORD2VEC, FASTTEXT = METHODS = ("word2vec", "fasttext")
DIM = 100  # where nothing gives it


@dataclass
class Training:
    skipgram: bool = key(True, "own text: skip-gram; false for CBOW, which is faster")
    epochs: int = key(10, "own text: passes over it", minimum=1, below=10_001)
    window: int = key(5, "own text: most words between a word and its context", minimum=1)
    min_count: int = key(2, "own text: fewest occurrences of a word with a vector", minimum=1)
    negative: int = key(5, "own text: negative samples per context word", minimum=1, below=1001)
