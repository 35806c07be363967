"""How many words of some text a vector file knows, and what would rescue the others."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wvexp.vectors.limits import DEFAULT_LIMITS, Limits
from wvexp.vectors.pretrained import known_words

FOLDS = {
    "lower-casing": str.lower,
    "digits as #": lambda word: re.sub(r"\d", "#", word),
    "digits as 0": lambda word: re.sub(r"\d", "0", word),
}


@dataclass(frozen=True)
class CoverageReport:
    """Of some counted words, those in a vector file as they are written.

    types, tokens                  distinct words, and their counts summed
    known_types, known_tokens      of those, the ones with a vector
    missing                        words without one, the most frequent first, with their counts
    rescued                        fold -> missing words that have a vector once folded so
    """

    types: int
    tokens: int
    known_types: int
    known_tokens: int
    missing: dict[str, int]
    rescued: dict[str, set[str]]

    def lines(self, most: int = 20) -> list[str]:
        """The report, one string a line."""
        lines = [
            f"types   {self.known_types:,} of {self.types:,} ({self.known_types / self.types:.1%})",
            f"tokens  {self.known_tokens:,} of {self.tokens:,} "
            f"({self.known_tokens / self.tokens:.1%})",
        ]
        for fold, words in self.rescued.items():
            tokens = sum(self.missing[word] for word in words)
            lines.append(f"{fold} would rescue {len(words):,} types, {tokens:,} tokens")
        if self.missing:
            lines.append("most frequent missing words:")
        for word in list(self.missing)[:most]:
            folds = [fold for fold, words in self.rescued.items() if word in words]
            lines.append(f"  {self.missing[word]:>7,}  {word}" + "".join(f"  [{f}]" for f in folds))
        return lines


def coverage_report(
    counts: Mapping[str, int],
    path: str | Path,
    member: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> CoverageReport:
    """Coverage of words (with how often each occurs; at least one word) by a vector file."""
    folded = {fold: {word: change(word) for word in counts} for fold, change in FOLDS.items()}
    variants = {variant for forms in folded.values() for variant in forms.values()}
    known = known_words(path, {*counts, *variants}, member, limits)
    missing = sorted((word for word in counts if word not in known), key=lambda w: (-counts[w], w))
    return CoverageReport(
        types=len(counts),
        tokens=sum(counts.values()),
        known_types=len(counts) - len(missing),
        known_tokens=sum(n for word, n in counts.items() if word in known),
        missing={word: counts[word] for word in missing},
        rescued={
            fold: {word for word in missing if forms[word] in known}
            for fold, forms in folded.items()
        },
    )
