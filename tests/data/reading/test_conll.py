"""CoNLL and CoNLL-U."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wvexp.data.reading.conll import read_conll, read_conllu
from wvexp.data.reading.examples import Example
from wvexp.data.reading.files import read_files
from wvexp.errors import UserError


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


TWO = "Ann\tB-PER\nruns\tO\n\nRome\tB-LOC\n"
TWO_READ = [Example(["Ann", "runs"], ["B-PER", "O"], None), Example(["Rome"], ["B-LOC"], None)]


@pytest.mark.parametrize(
    "content",
    [
        TWO,
        TWO.rstrip("\n"),
        "\ufeff" + TWO,
        TWO.replace("\n", "\r\n"),
        "\n\n" + TWO.replace("\n\n", "\n \n\t\n") + "\n\n",
        TWO.replace("\t", " "),
        TWO.replace("\t", " NNP _  "),
        TWO.replace("\t", "\tNNP\t"),
        "# text = Ann runs\n" + TWO,
        TWO.replace("Rome", "# any comment\nRome"),
    ],
)
def test_every_way_of_writing_conll_reads_the_same(tmp_path: Path, content: str) -> None:
    path = write(tmp_path / "a.conll", content)
    packed = write(tmp_path / "a.conll.gz", gzip.compress(content.encode()))
    assert list(read_conll(path)) == list(read_conll(packed)) == TWO_READ


# Hash signs and words of comments among them: such tokens are no comments.
TOKENS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1).filter(
    lambda token: not token.startswith("-DOCSTART-")
) | st.sampled_from(["#", "#id", "#newdoc", "#text"])


@given(
    st.lists(
        st.lists(
            st.tuples(
                TOKENS,
                st.sampled_from(["O", "B-X", "I-X"]),
            ),
            min_size=1,
        ),
        min_size=1,
    ),
    st.sampled_from(["\t", " "]),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_written_comes_back(tmp_path: Path, sentences, separator: str) -> None:
    content = "\n".join(
        "".join(f"{token}{separator}{tag}\n" for token, tag in sentence) for sentence in sentences
    )
    read = list(read_conll(write(tmp_path / "a.conll", content)))
    assert [list(zip(s.text, s.labels, strict=True)) for s in read] == sentences


def test_other_columns_by_number(tmp_path: Path) -> None:
    path = write(tmp_path / "a.conll", "1 Ann NNP B-PER\n2 ran VBD O\n")
    assert list(read_conll(path, "2", "3")) == [Example(["Ann", "ran"], ["NNP", "VBD"], None)]
    for column, message in (("5", "no column 5, line 1 has 4 columns"), ("pos", "have no names")):
        with pytest.raises(UserError, match=message):
            list(read_conll(path, None, column))


def test_documents(tmp_path: Path) -> None:
    content = (
        "-DOCSTART- -X- O\n\na X\n\nb X\n# newdoc\nc X\n\n# newdoc id = news 7\nd X\n\n"
        "# id 12\ne X\n\n# sent_id = 3\nf X\n"
    )
    read = list(read_conll(write(tmp_path / "a.conll", content)))
    assert [(s.text, s.document) for s in read] == [
        (["a"], "#1"),
        (["b"], "#1"),
        (["c"], "#2"),
        (["d"], "news 7"),
        (["e"], "12"),
        (["f"], "12"),
    ]


def test_documents_keep_together_when_parts_are_split_off(tmp_path: Path) -> None:
    content = "".join(
        f"# newdoc id = {d}\n" + "".join(f"w{d}\tX\nv{d}\tY\n\n" for _ in range(5))
        for d in range(20)
    )
    corpus = read_files(
        write(tmp_path / "a.conll", content),
        None,
        None,
        text=None,
        label=None,
        task=None,
        seed=3,
    )
    word_ids = [set(split.word_ids) for split in (corpus.train, corpus.validation, corpus.test)]
    assert all(word_ids)
    assert sum(map(len, word_ids)) == len(set.union(*word_ids)) == 40


CONLLU = """\
# newdoc id = first
# sent_id = 1
1-2\tdel\t_\t_\t_\t_\t_\t_\t_\t_
1\tde\tde\tADP\tE\t_\t2\tcase\t_\t_
2\tel\tel\tDET\tRD\tGender=Masc\t0\troot\t_\t_
2.1\tghost\t_\tX\t_\t_\t_\t_\t_\t_

# sent_id = 2
1\tmar\tmar\tNOUN\tS\t_\t0\troot\t_\t_

# newdoc
1\t#\t#\tSYM\tF\t_\t0\troot\t_\t_
"""


def test_conllu(tmp_path: Path) -> None:
    path = write(tmp_path / "a.conllu", CONLLU)
    assert list(read_conllu(path)) == [
        Example(["de", "el"], ["ADP", "DET"], "first"),
        Example(["mar"], ["NOUN"], "first"),
        Example(["#"], ["SYM"], "#2"),
    ]
    assert next(read_conllu(path, "LEMMA", "feats")).labels == ["_", "Gender=Masc"]
    with pytest.raises(UserError, match="no column 'POS' in CoNLL-U; its columns are ID, FORM"):
        list(read_conllu(path, None, "POS"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.conll", "a\tX\nb\n", "line 2 has no tag; give each token its tag"),
        ("a.conll", "a X\nb \n", "line 2 has no tag; give each token its tag"),
        ("a.conll", "a\tX\nb\t\n", "line 2 has no tag"),
        ("a.conll", "a\tX\t\nb\tX\t\n", "line 1 ends with a tab, so its last column is empty"),
        ("a.conll", "a\tX\n\tX\n", "line 2 has no token"),
        ("a.conll", "a\nb\n", "line 1 has no tag"),
        ("a.conll", "a N X\nb X\n", "line 2 has 2 columns, the lines before it have 3"),
        ("a.conll", b"a\tX\n\xe9\tX\n", "line 2 is not UTF-8 (byte 0xe9 at offset 4)"),
        ("a.conllu", CONLLU.replace("\tADP\t", "\t_\t"), "line 4 has no UPOS"),
        ("a.conllu", CONLLU.replace("\tADP\t", "\t"), "line 4 has 9 tab-separated columns"),
        ("a.conllu", TWO, "line 1 has 2 tab-separated columns, CoNLL-U has 10"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    path = write(tmp_path / name, content)
    read = read_conllu if name.endswith("u") else read_conll
    with pytest.raises(UserError) as error:
        list(read(path))
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)
