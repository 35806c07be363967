"""Files as people have them: what was read is said in two lines, and the note that fits is given.

Each goes through the real entry, `train.py` with `dry_run=true`. Vectors stand in for English ones:
they know the English words used here, and of the German the short ones that English text holds too.
"""

import csv
import io
import json
import logging
from typing import NamedTuple

import numpy as np
import pytest

from wvexp.config.compose import compose
from wvexp.errors import UserError
from wvexp.sweeps.session import run_config


def words(text):
    return text.split()


GOOD = words("lovely great happy warm quick friendly clean bright honest useful")
BAD = words("awful broken slow cold rude dirty late wrong noisy useless")
PLAIN = words(
    "the a this that was is and but with for of to we they it room food train phone order "
    "service price delivery screen battery staff morning night week time again never always "
    "very quite rather my our their"
)
GERMAN = words(
    "der die das und war ist nicht aber mit Zimmer Essen Bedienung Lieferung Rechnung "
    "Verspätung freundlich unfreundlich sauber schmutzig schnell langsam leider wieder Bestellung "
    "Kundendienst Anwendung beschädigt umgetauscht zufrieden enttäuscht Bahnhof Wochenende"
)
GERMAN_KNOWN = ["der", "die", "das", "und", "war", "ist", "mit"]
MARKS = [".", ",", "!", "?", "<", ">", "br", "p", "/", "/p", "&", ";", "#", "'s", "n't"]
CHINESE = "服务态度很好下次还会再来菜品味道一般价格太贵了等了很久房间干净"


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    path = tmp_path_factory.mktemp("vectors") / "english.4d.txt"
    rng = np.random.default_rng(0)
    known = dict.fromkeys([*GOOD, *BAD, *PLAIN, *GERMAN_KNOWN, *MARKS])
    path.write_text(
        "".join(f"{w} {' '.join(f'{x:.3f}' for x in rng.normal(size=4))}\n" for w in known)
    )
    return path


def sentence(i, vocabulary=PLAIN, length=12):
    """Text that no other number has (but for chance): drawn by the number."""
    rng = np.random.default_rng(i)
    mood = (GOOD, BAD)[i % 2]
    return " ".join(
        [mood[i % 10], *(vocabulary[j] for j in rng.integers(len(vocabulary), size=length - 1))]
    )


def table(header, rows, delimiter=",", newline="\n"):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def labelled(labels, text=sentence, header=("text", "label")):
    return table(header, [(text(i), label) for i, label in enumerate(labels)])


def cycle(names, n=200):
    return [names[i % len(names)] for i in range(n)]


def conll(n, tags=("O", "O", "B-PER", "O")):
    return "\n".join(
        "".join(f"{w}\t{tags[k % len(tags)]}\n" for k, w in enumerate(sentence(i).split()))
        for i in range(n)
    )


def conllu(n):
    def row(k, word):
        return "\t".join([str(k), word, word, "NOUN" if k % 3 else "VERB", *"_" * 6])

    return "\n".join(
        "\n".join([row(k, w) for k, w in enumerate(sentence(i).split(), 1)]) + "\n"
        for i in range(n)
    )


class File(NamedTuple):
    """What one file holds, and what is to be said of it.

    said  parts of the two lines, in order
    notes what each note of it holds, in order; nothing else may be noted
    """

    name: str
    content: str
    said: tuple[str, ...]
    notes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


TICKETS = [
    "billing" if i % 25 < 21 else f"topic {i % 11}" for i in range(1100)
]  # 84 % of one label, 12 labels
FILES = {
    "polarity": File(
        "reviews.csv", labelled(cycle(["good", "bad"])),
        ("read reviews: text=text, label=label: 2 labels (bad 100, good 100); 200 sentences, 2,4",
         "train 160 (reviews.csv), validation 20 (split off), test 20 (split off); tokenizer white",
         "lower-cased; english.4d.txt covers 100.0% of training words, 100.0% of tokens"),
    ),
    "stars": File(
        "stars.jsonl", lines({"stars": 1 + i % 5, "review": sentence(i)} for i in range(200)),
        ("text=review, label=stars: 5 labels (1 40, 2 40, 3 40, 4 40, 5 40)",),
    ),
    "half stars": File(
        "half.csv", labelled([f"{(i % 9) / 2 + 1}" for i in range(200)]),
        ("numbers from 1 to 5, 2.984 in the mean",), ("learnt as such (data.task=regression)",),
    ),
    "half stars as classes": File(
        "half.csv", labelled([f"{(i % 9) / 2 + 1}" for i in range(200)]),
        ("9 labels (",), ("the 9 labels are numbers from 1.0 to 5.0; each value is taken as",),
        ("data.task=sentence",),
    ),
    "tickets": File(
        "tickets.csv", labelled(TICKETS, header=("body", "category")),
        ("text=body, label=category: 12 labels (billing 924, ",), ("metric=macro_f1",),
    ),
    "tickets by macro F1": File(
        "tickets.csv", labelled(TICKETS), ("12 labels (billing 924, ",), (), ("metric=macro_f1",),
    ),
    "German": File(
        "kritiken.csv", labelled(cycle(["gut", "schlecht"]), lambda i: sentence(i, GERMAN)),
        ("2 labels (gut 100, schlecht 100)", "covers "),
        ("training words of letters (",), ("embed.min_coverage=0.1",),
    ),
    "Chinese": File(
        "chinese.csv",
        labelled(cycle(["好", "差"]), lambda i: CHINESE[i % 9 : i % 9 + 12 + i % 5] + str(i)),
        ("2 labels (好 100, 差 100)",), ("data.tokenizer=whitespace",), ("embed=random",),
    ),
    "Chinese in words": File(
        "words.csv", labelled(cycle(["好", "差"]), lambda i: f"服务 态度 很 好 {i} 下次 再 来"),
        ("2 labels (好 100, 差 100)", "tokenizer whitespace"), (), ("embed=random",),
    ),
    "tweets": File(
        "tweets.csv",
        labelled(cycle(["pos", "neg", "neutral"]), lambda i: f"@user{i} {sentence(i)} #tag{i} :)"),
        ("3 labels (neg 67, pos 67, neutral 66)", "tokenizer tweet"), (), ("data.tokenizer=tweet",),
    ),
    "title and body": File(
        "news.csv",
        table(("title", "body", "category"),
              [(sentence(i, length=6), sentence(i + 500), "xyz"[i % 3]) for i in range(200)]),
        ("text=body, label=category: 3 labels (x 67",), ("'title' also holds text",),
        ("data.text=body",),
    ),
    "question and answer": File(
        "faq.jsonl",
        lines({"question": sentence(i), "answer": sentence(i + 500), "label": "ab"[i % 2]}
              for i in range(200)),
        ("text=question, label=label",),
        ("'answer' also holds text, which is left out; data.text=",),
    ),
    "pairs": File(
        "nli.jsonl",
        lines({"premise": sentence(i), "hypothesis": sentence(i + 500), "label": i % 3}
              for i in range(200)),
        ("text=premise, label=label: 3 labels (0 67, 1 67, 2 66)",),
        ("'hypothesis' also holds text",), ("data.text=premise",),
    ),
    "HTML": File(
        "pages.csv", labelled(cycle(["ham", "spam"]), lambda i: f"<p>{sentence(i)}</p><br/>"),
        ("2 labels (ham 100, spam 100)", "tokenizer "),
        ("100% of the texts hold HTML such as <p>",),
    ),
    "long documents": File(
        "novels.jsonl",
        lines({"text": sentence(i, length=20_000), "label": "ab"[i % 2]} for i in range(24)),
        ("24 documents, 480,000 words, 20,000 in the median and 20,000 at most",),
    ),
    "forty labels": File(
        "intents.csv", labelled(cycle([f"intent {i}" for i in range(40)], 400)),
        ("40 labels (intent 0 10, ", "and 34 more)"),
    ),
    "duplicates": File(
        "doubles.csv", labelled(cycle("ab", 1000), lambda i: sentence(i % 50)),
        ("1,000 sentences",), ("950 of 1,000 texts repeat an earlier one",),
    ),
    "empty texts": File(
        "empty.csv", labelled(cycle("ab"), lambda i: sentence(i) if i % 10 else ""),
        ("180 sentences",), ("20 sentences without a word left out",),
    ),
    "thirty rows": File(
        "small.csv", labelled(cycle("ab", 30)), ("30 sentences", "train 24 (small.csv), valid"),
    ),
    "thirty rows in folds": File(
        "small.csv", labelled(cycle("ab", 30)), ("all 30 in 5 folds",), (), ("data.folds=5",),
    ),
    "floats": File(
        "scores.csv", labelled([f"{i * 0.37:.2f}" for i in cycle(range(25), 200)]),
        ("numbers from 0 to 8.88",), ("each value as a class of its own",),
    ),
    "whole numbers as floats": File(
        "gaps.csv", labelled(cycle(["1", "1.0", "0", "0.0"])),
        ("2 labels (0 100, 1 100)",), ("are taken as one label",),
    ),
    "joined labels": File(
        "multi.csv", labelled(cycle(["a", "b", "a|b", "b|c"])),
        ("4 labels (a 50, a|b 50, b 50, b|c 50)",), ("look like several joined by '|'",),
    ),
    "joined labels, taken apart": File(
        "multi.csv", labelled(cycle(["a", "b", "a|b", "b|c"])),
        ("3 labels, any number per text (b 150, a 100, c 50)",), ("are parted at '|'",),
        ("data.task=multilabel",),
    ),
    "casing of labels": File(
        "casing.csv", labelled(cycle(["Spam", "spam", "ham"])),
        ("3 labels (",), ("'Spam' and 'spam' differ only in case or blanks",),
    ),
    "composition of labels": File(
        "accents.jsonl",
        lines({"text": sentence(i), "label": ["caf\u00e9", "cafe\u0301", "bar"][i % 3]}
              for i in range(200)),
        ("2 labels (café 134, bar 66)",), ("are taken as one label",),
    ),
    "Excel": File(
        "excel.csv",
        "\ufeff" + table(
            ("Text", "Label"),
            [(f"{sentence(i)}; well", "ab"[i % 2]) for i in range(90)], ";", "\r\n"),
        ("read excel: text=Text, label=Label: 2 labels (a 45, b 45); 90 sentences",),
    ),
    "tabs": File(
        "table.tsv", table(("sentence", "target"), [(sentence(i), i % 2) for i in range(90)], "\t"),
        ("text=sentence, label=target: 2 labels (0 45, 1 45)",),
    ),
    "two columns of any name": File(
        "odd.csv", labelled(cycle("ab"), header=("what_was_said", "verdict")),
        ("text=what_was_said, label=verdict",),
    ),
    "quotes and line ends": File(
        "quoted.csv", labelled(cycle("ab"), lambda i: f'he said "{sentence(i)}",\nand left {i}'),
        ("200 sentences",),
    ),
    "missing labels": File(
        "gaps.jsonl",
        lines({"text": sentence(i), "label": None if i % 20 == 2 else "ab"[i % 2]}
              for i in range(200)),
        ("190 sentences",), ("10 of 200 rows have no label in column 'label' and are left out",),
        ("data.missing=drop",),
    ),
    "customers": File(
        "customers.csv",
        table(("text", "label", "customer"),
              [(sentence(i), "ab"[i % 2], f"c{i % 30}") for i in range(200)]),
        ("text=text, label=label, group=customer: ",), (), ("data.group=customer",),
    ),
    "entities": File(
        "names.conll", conll(120),
        ("read names: 2 labels (O 1,080, B-PER 360); 120 sentences, 1,440 words, 12 in the med",),
    ),
    "parts of speech": File(
        "tags.conllu", conllu(120), ("text=FORM, label=UPOS: 2 labels (NOUN 960, VERB 480)",),
    ),
    "words and tags in lists": File(
        "lists.jsonl",
        lines({"tokens": sentence(i).split(), "ner_tags": ["O", "X"] * 6} for i in range(100)),
        ("text=tokens, label=ner_tags: 2 labels (O 600, X 600)",),
    ),
}  # fmt: skip


def dry_run(file, vectors, folder, caplog, capsys):
    """The two lines and the notes of the real entry; nothing may be left behind.

    The note that a test part of a few hundred texts is small fits them all, and is taken out.
    """
    path = folder / file.name
    path.write_bytes(file.content.encode())
    random = "embed=random" in file.keys
    keys = [f"data.train={path}", *([] if random else [f"embed.path={vectors}"]), *file.keys]
    with caplog.at_level(logging.WARNING):
        run_config(compose(["data=files", *keys, "dry_run=true"]))
    assert list(folder.iterdir()) == [path]
    first, second = capsys.readouterr().out.splitlines()
    small = [note for note in caplog.messages if note.startswith("the test part split off has")]
    assert len(small) == ("data.folds" not in " ".join(file.keys))
    return f"{first}\n{second}", [note for note in caplog.messages if note not in small]


@pytest.mark.parametrize("name", FILES)
def test_what_is_read_is_said_and_the_note_that_fits(
    name, vectors, tmp_path, monkeypatch, caplog, capsys
):
    monkeypatch.chdir(tmp_path)
    file = FILES[name]
    text, notes = dry_run(file, vectors, tmp_path, caplog, capsys)
    place = 0
    for part in file.said:
        place = text.find(part, place)
        assert place >= 0, (part, text)
    assert len(notes) == len(file.notes), notes
    for part, note in zip(file.notes, notes, strict=True):
        assert part in note


def test_there_are_thirty_and_more():
    assert len(FILES) >= 30


def test_labels_that_are_missing_are_refused_with_their_number(vectors, tmp_path, caplog, capsys):
    file = FILES["missing labels"]._replace(keys=())
    with pytest.raises(UserError, match="10 of 200 rows have no label in column 'label', row 3 fi"):
        dry_run(file, vectors, tmp_path, caplog, capsys)


def test_two_texts_without_a_name_to_choose_by_are_asked_about(vectors, tmp_path, caplog, capsys):
    file = FILES["title and body"]._replace(keys=())
    with pytest.raises(UserError, match=r"name them with data\.text and data.label"):
        dry_run(file, vectors, tmp_path, caplog, capsys)
