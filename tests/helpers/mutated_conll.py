"""CoNLL and CoNLL-U files of `test_data_fuzz.py`, sound or with one fault."""

import random

from drawn_rows import WORDS, Case, Row, expected_tokens, sentences_of


def make_conll(rng: random.Random, kind: str) -> Case:
    sentences = sentences_of(rng)
    separator = rng.choice("\t ")
    if separator == " ":  # there "#" and its tag look like a comment at times
        sentences = [[(w, t) for w, t in s if w != "#"] or [("x", "O")] for s in sentences]
    expected: list[Row] | None = expected_tokens(sentences)
    between = rng.choice(([], ["_"], ["NN", "x"]))
    blocks = [[separator.join([word, *between, tag]) for word, tag in s] for s in sentences]
    what = rng.choice(("", "", "drop", "double", "documents", "blank lines", "no tag"))
    block = rng.choice(blocks)
    place = rng.randrange(len(block))
    if what == "drop":
        block[place] = block[place].rpartition(separator)[0]
        expected = None
    elif what == "double":
        block[place] += separator + "again"
        expected = None
    elif what == "no tag":
        block[place] = block[place].rpartition(separator)[0] + separator
        expected = None
    elif what == "documents":
        blocks.insert(rng.randrange(len(blocks)), [separator.join(["-DOCSTART-", *between, "O"])])
    ending = rng.choice(("\n", "\r\n"))
    gap = rng.choice(("", " ", ending * 3)) if what == "blank lines" else ""
    text = (ending + gap + ending).join(ending.join(block) for block in blocks)
    mark = rng.choice(("", "", "\ufeff"))
    content = (mark + text + rng.choice(("", ending))).encode()
    if expected and len({tag for _, tags in expected for tag in tags}) < 2:
        expected = None  # a classifier needs two
    return Case(f"a.{kind}", content, expected, {}, f"{kind}, {separator!r}, {what}")


def make_conllu(rng: random.Random, kind: str) -> Case:
    sentences = sentences_of(rng)
    lines = []
    for sentence in sentences:
        lines.append(["# text = " + rng.choice(WORDS)])
        if rng.random() < 0.3:
            lines.append(["1-2", "du", *"________"])
        for number, (word, tag) in enumerate(sentence, start=1):
            lines.append([str(number), word, "_", tag, *"______"])
        lines.append([""])
    expected: list[Row] | None = expected_tokens(sentences)
    what = rng.choice(("", "", "drop", "double", "no tag"))
    row = rng.choice([line for line in lines if len(line) == 10 and "-" not in line[0]])
    if what == "drop":
        row.pop()
    elif what == "double":
        row.append("_")
    elif what == "no tag":
        row[3] = rng.choice(("", "_"))
    if what:
        expected = None
    ending = rng.choice(("\n", "\r\n"))
    content = "".join("\t".join(line) + ending for line in lines).encode()
    return Case("a.conllu", rng.choice((b"", b"\xef\xbb\xbf")) + content, expected, {}, what)
