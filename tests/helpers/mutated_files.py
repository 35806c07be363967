"""Valid data files, and what becomes of them: the cases of `test_data_fuzz.py`.

A seed gives a file in one of the formats with one or two mutations, and what a reader must make
of it: rows that it must give, a refusal, or either (then `slow_reader` says what it may give).
"""

import gzip
import random

from damages import DAMAGES, cut, flip, flip_near_the_end
from drawn_rows import Case
from mutated_conll import make_conll, make_conllu
from mutated_tables import make_csv, make_json, make_parquet

FORMATS = ("csv", "tsv", "jsonl", "json", "parquet", "conll", "bio", "iob2", "conllu")
_MAKERS = {
    "csv": make_csv,
    "tsv": make_csv,
    "jsonl": make_json,
    "json": make_json,
    "parquet": make_parquet,
    "conllu": make_conllu,
}


def make_case(seed: int) -> Case:
    """The case of a seed: the format goes round, everything else is drawn."""
    rng = random.Random(seed)
    kind = FORMATS[seed % len(FORMATS)]
    case = _MAKERS.get(kind, make_conll)(rng, kind)
    if rng.random() < 0.5:
        damage = rng.choice(DAMAGES)
        content = damage(rng, case.content)
        if content != case.content:
            case.content, case.expected = content, "either"
            case.story += f", {damage.__name__}"
    if rng.random() < 0.3:
        case.name += ".gz"
        case.content = gzip.compress(case.content, compresslevel=1)
        if rng.random() < 0.2:
            damage = rng.choice((flip, flip_near_the_end, cut))
            case.content, case.expected = damage(rng, case.content), "either"
            case.story += f", gzip then {damage.__name__}"
    return case
