"""The built-in generated world: labelled tasks, unlabelled text and vectors trained on it.

A seed makes a world: its invented words, which words are ambiguous, which go their own way.
`templates.py` holds what is said in it, `facts.py` the names that exist.
"""

from wvexp.data.world.corpus import VOCABULARY_SIZE, world_corpus, world_stream, world_text
from wvexp.data.world.vectors import world_vectors

__all__ = ["VOCABULARY_SIZE", "world_corpus", "world_stream", "world_text", "world_vectors"]
