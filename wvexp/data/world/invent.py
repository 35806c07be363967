"""Invented words: pronounceable, seeded, never twice the same."""

from collections.abc import Container, Iterator

import numpy as np

_ONSETS = (
    *"bcdfghjklmnprstvwyz",
    *("bl", "br", "ch", "dr", "fl", "gl", "gr", "kl", "pl", "pr", "qu", "sk", "st", "tr"),
)
_VOWELS = (*"aeiou", "ai", "ea", "ou")
_CODAS = ("", "", "", "l", "m", "n", "r", "s", "x", "th")


def invented_words(rng: np.random.Generator, ending: str, taken: Container[str]) -> Iterator[str]:
    """Endless new words of two or three syllables and an ending, none of them in `taken`.

    The caller adds what it keeps to `taken` before it asks for the next word.
    """
    while True:
        draws = rng.integers(0, 2**16, size=(1024, 3, 3))
        for word, syllables in zip(draws, rng.integers(2, 4, size=len(draws)), strict=True):
            letters = "".join(
                _ONSETS[onset % len(_ONSETS)]
                + _VOWELS[vowel % len(_VOWELS)]
                # codas only before an ending: a word inside stays easy to say
                + (_CODAS[coda % len(_CODAS)] if place == syllables - 1 else "")
                for place, (onset, vowel, coda) in enumerate(word[:syllables].tolist())
            )
            if letters + ending not in taken:
                yield letters + ending
