"""Labels from the command's side: every input and output format, and where the vectors lie."""

import csv
import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from built_models import build_model
from gensim.models import KeyedVectors

from wvexp.commands.predict import run_prediction
from wvexp.config.schema import Model
from wvexp.errors import UserError
from wvexp.seeds import stream
from wvexp.training.saved import SavedModel, VectorSource
from wvexp.vectors.pretrained import fingerprint_vectors
from wvexp.vectors.table import Origin

WORDS = ["<pad>", "<unk>", "the", "cat", "sat"]
D = 4


@pytest.fixture
def vectors(tmp_path):
    keyed = KeyedVectors(D)
    # The vector of "dog" is so long that no sentence keeps its label when it is found.
    values = np.array([[1, 2, 3, 4], [-90, 80, -70, 60]], dtype=np.float32)
    keyed.add_vectors(["the", "dog"], values)
    keyed.save_word2vec_format(str(tmp_path / "vectors.bin"), binary=True)
    return tmp_path / "vectors.bin"


@pytest.fixture
def models(tmp_path, vectors):
    rows = np.random.default_rng(0).normal(size=(len(WORDS), D)).astype(np.float32)
    rows[0] = 0
    origin = np.array([Origin.PAD, Origin.UNK, *[Origin.RANDOM] * 3], dtype=np.uint8)
    folders = {}
    for task, name in (("token", "window"), ("sentence", "mean")):
        shape = Model(name=name, window=3, hidden=0)
        model = build_model(name, rows, 2, stream(1, "init"), window=3, hidden=0)
        folders[task] = str(tmp_path / task)
        SavedModel(
            task=task,
            model=shape,
            label_names=["no", "yes"],
            lowercase=False,
            tokenizer="whitespace",
            forms=WORDS,
            origin=origin,
            parameters={n: p.detach().numpy().copy() for n, p in model.state_dict().items()},
            source=VectorSource(str(vectors), None, fingerprint_vectors(vectors)),
        ).save(tmp_path / task)
    return folders


TEXTS = ["the cat sat", 'a "quoted", word', "naïve the"]


def expected(folder, texts=TEXTS):
    """Labels and probabilities of the first of each sentence's rows of scores."""
    saved = SavedModel.load(folder)
    scores = saved.predict([text.split() for text in texts])
    return [
        ([saved.label_names[i] for i in s.argmax(1)], np.exp(s.max(1)).tolist()) for s in scores
    ]


@pytest.fixture
def in_file(tmp_path):
    path = tmp_path / "in.txt"
    path.write_text("\n".join(TEXTS), encoding="utf-8")
    return str(path)


def load_model(models, task):
    return Path(models[task])


@pytest.mark.parametrize(
    ("task", "suffix"),
    [(task, suffix) for task in ("token", "sentence") for suffix in (".jsonl", ".csv", ".tsv")]
    + [("token", ".conll")],
)
def test_every_output_format_holds_every_label(tmp_path, models, in_file, task, suffix):
    out = tmp_path / f"out{suffix}"
    run_prediction(models[task], None, in_file, None, str(out))
    answers = expected(load_model(models, task))
    content = out.read_text(encoding="utf-8")
    if suffix == ".jsonl":
        records = [json.loads(line) for line in content.splitlines()]
        for record, text, (labels, chances) in zip(records, TEXTS, answers, strict=True):
            if task == "token":
                assert record["tokens"] == text.split()
                assert record["tags"] == labels
                np.testing.assert_allclose(record["probabilities"], chances, rtol=1e-6)
            else:
                assert (record["text"], record["label"]) == (text, labels[0])
                assert record["probability"] == pytest.approx(chances[0])
    elif suffix in (".csv", ".tsv"):
        with out.open(newline="", encoding="utf-8") as file:
            header, *lines = csv.reader(file, delimiter="," if suffix == ".csv" else "\t")
        if task == "token":
            assert header == ["sentence", "token", "tag", "probability"]
            assert [line[:3] for line in lines] == [
                [str(number), token, label]
                for number, (text, (labels, _)) in enumerate(zip(TEXTS, answers, strict=True), 1)
                for token, label in zip(text.split(), labels, strict=True)
            ]
        else:
            assert header == ["text", "label", "probability"]
            assert [line[:2] for line in lines] == [
                [text, labels[0]] for text, (labels, _) in zip(TEXTS, answers, strict=True)
            ]
    elif task == "token":
        blocks = content.strip().split("\n\n")
        for block, text, (labels, _) in zip(blocks, TEXTS, answers, strict=True):
            pairs = [tuple(line.split("\t")) for line in block.splitlines()]
            assert pairs == list(zip(text.split(), labels, strict=True))
    else:
        for line, text, (labels, chances) in zip(content.splitlines(), TEXTS, answers, strict=True):
            assert line == f"{labels[0]}\t{chances[0]:.4f}\t{text}"


INPUTS = {
    "in.csv": 'text\nthe cat sat\n"a ""quoted"", word"\nnaïve the\n',
    "in.tsv": 'id\ttext\n1\tthe cat sat\n2\ta "quoted", word\n3\tnaïve the\n',
    "in.jsonl": "".join(json.dumps({"n": 1, "sentence": text}) + "\n" for text in TEXTS),
    "in.conll": "\n".join("".join(f"{w} X\n" for w in text.split()) for text in TEXTS),
    "in.txt": "\r\n".join(TEXTS),
}


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_format_is_labelled_alike(tmp_path, models, capsys, name):
    path = tmp_path / name
    path.write_bytes(INPUTS[name].encode())
    run_prediction(models["sentence"], None, str(path), None, None)
    shown = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert shown == [labels[0] for labels, _ in expected(load_model(models, "sentence"))]


def test_a_text_goes_to_standard_output(models, capsys):
    run_prediction(models["token"], "the cat", None, None, None)
    shown = capsys.readouterr().out
    (labels, _), *_ = expected(load_model(models, "token"), ["the cat"])
    assert shown == f"the\t{labels[0]}\ncat\t{labels[1]}\n\n"


def test_an_empty_text_is_no_crash(models, capsys):
    run_prediction(models["token"], "", None, None, None)
    assert capsys.readouterr().out.strip() == ""


def probability(models, text, capsys):
    run_prediction(models["sentence"], text, None, None, None)
    captured = capsys.readouterr()
    return captured.out.split("\t")[:2], captured.err


def test_an_unseen_word_is_found_in_the_vector_file(models, vectors, capsys):
    found, note = probability(models, "dog", capsys)
    assert note == ""
    rows = KeyedVectors.load_word2vec_format(str(vectors), binary=True)
    saved = SavedModel.load(load_model(models, "sentence"))
    logits = (
        saved.parameters["head.output.weight"] @ rows["dog"] + saved.parameters["head.output.bias"]
    ).astype(np.float64)
    chance = np.exp(logits - np.logaddexp.reduce(logits))
    assert found == [["no", "yes"][chance.argmax()], f"{chance.max():.4f}"]


@pytest.mark.parametrize("change", ["gone", "changed"])
def test_vectors_that_are_not_what_they_were_are_noted_and_left_alone(
    models, vectors, capsys, caplog, change
):
    found, _ = probability(models, "dog", capsys)
    unknown, _ = probability(models, "nowhere", capsys)
    assert found != unknown
    if change == "gone":
        vectors.unlink()
    else:
        content = bytearray(vectors.read_bytes())
        content[-1] ^= 1
        vectors.write_bytes(content)
    caplog.clear()
    now, _ = probability(models, "dog", capsys)
    assert now == unknown
    assert caplog.messages == [f"{vectors} is gone or has changed: words without a row are unknown"]


def test_a_text_of_several_lines_is_one_line_of_output(tmp_path, models, capsys):
    path = tmp_path / "a.csv"
    path.write_text('text\n"one line\nand another"\nthe next\n')
    run_prediction(models["sentence"], None, str(path), None, None)
    texts = [line.split("\t")[2] for line in capsys.readouterr().out.splitlines()]
    assert texts == ["one line and another", "the next"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "one of them"),
        ({"text": "a", "file": "b.txt"}, "one of them"),
        ({"text": "a", "out": "x.docx"}, "out=x.docx: unknown extension"),
        ({"text": "a", "out": "no/such/folder/x.csv"}, "cannot write no/such/folder/x.csv"),
        ({"file": "missing.txt"}, "missing.txt: no such file"),
        ({"file": "two.csv", "out": "./two.csv"}, "out=./two.csv is the file that is read"),
        ({"file": "in.docx"}, "in.docx: unknown extension"),
        ({"file": "two.csv"}, "which column is the text?"),
        ({"file": "two.csv", "column": "c"}, "no column 'c'"),
    ],
)
def test_a_mistake_is_one_clear_line(tmp_path, models, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.docx").write_text("x")
    (tmp_path / "two.csv").write_text("a,b\nx,y\n")
    options = {"text": None, "file": None, "column": None, "out": None, **arguments}
    with pytest.raises(UserError) as caught:
        run_prediction(models["token"], *options.values())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("x.*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["max_line_mb=0.00001"], "line 1 has more than 1e-05 million characters"),
        (["max_file_gb=1e-9"], "more than 1e-09 GB of data; max_file_gb= sets the limit"),
        (["max_line_mb=0"], "max_line_mb=0: it must be above 0"),
        (["max_file_gb=much"], "max_file_gb=much is not a number"),
    ],
)
def test_the_script_bounds_what_it_reads(models, in_file, words, message):
    script = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "predict.py"))
    with pytest.raises(UserError, match=message):
        script["main"]([f"model={models['sentence']}", f"file={in_file}", *words])


@pytest.mark.parametrize("cell", [3, ["a", 1], {"a": "b"}])
def test_a_cell_that_is_no_text_is_refused(tmp_path, models, cell):
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "fine"}\n' + json.dumps({"text": cell}) + "\n")
    with pytest.raises(UserError, match=r"row 2 holds .* which is not text; give column=NAME"):
        run_prediction(models["sentence"], None, str(path), None, None)


@pytest.mark.parametrize(
    ("head", "column", "said"),
    [
        ("subject,body", None, ["mail.csv: the text is column 'body', of subject, body"]),
        ("subject,body", "subject", []),
        ("label,body", None, []),
    ],
)
def test_a_column_that_was_chosen_among_several_is_named(
    tmp_path, models, monkeypatch, caplog, head, column, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mail.csv").write_text(f"{head}\nthe cat,the cat sat\n")
    run_prediction(models["sentence"], None, "mail.csv", column, "out.csv")
    assert [message.partition(";")[0] for message in caplog.messages] == said
