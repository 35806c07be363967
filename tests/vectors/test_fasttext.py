"""fastText .bin against gensim's own loader, which is the oracle for subwords too."""

import struct
from pathlib import Path

import numpy as np
import pytest
from gensim.models import FastText
from gensim.models.fasttext import load_facebook_vectors, save_facebook_model

from wvexp.errors import UserError
from wvexp.vectors.pretrained import describe_vectors, known_words, load_vectors

ASKED = [
    "unseenish",
    "cat",
    "日本語",
    "a",
    "dog",
    "cat",
    "x" * 200,
    "é",
]  # "a" has no n-gram of five letters


def train(path: Path, min_n: int, max_n: int, bucket: int = 500) -> Path:
    text = [["the", "cat", "sat"], ["the", "dog", "naïve", "日本"], ["cat", "dog", "the", "ab"]] * 5
    model = FastText(
        text, vector_size=9, min_count=1, min_n=min_n, max_n=max_n, bucket=bucket, seed=1, epochs=2
    )
    save_facebook_model(model, str(path))
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("fasttext") / "cc.bin", 3, 6)


# gensim opens the file twice and leaves one handle to the garbage collector
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(("min_n", "max_n"), [(3, 6), (1, 2), (5, 5)])
def test_any_word_equals_gensims_to_the_bit(min_n: int, max_n: int, tmp_path: Path) -> None:
    path = train(tmp_path / "m", min_n, max_n)
    oracle = load_facebook_vectors(str(path))

    listed = load_vectors(path)
    assert listed.index_to_key == oracle.index_to_key
    assert listed.vectors.tobytes() == oracle.vectors.tobytes()

    some = load_vectors(path, words=ASKED)
    assert some.index_to_key[:2] == [word for word in oracle.index_to_key if word in ASKED]
    for word in some.index_to_key:
        assert some[word].tobytes() == oracle[word].tobytes(), word
    # gensim gives a word without any n-gram a row of zeros; here it has no vector
    absent = set(ASKED) - set(some.index_to_key)
    assert absent == {word for word in ASKED if not oracle[word].any()}
    assert known_words(path, ASKED) == set(some.index_to_key)


def test_description(made: Path) -> None:
    about = describe_vectors(made)
    assert (about.format, about.rows, about.dim, about.open) == ("fastText binary", 7, 9, True)


def patched(made: Path, tmp_path: Path, at: int, form: str, *values: float) -> Path:
    content = bytearray(made.read_bytes())
    struct.pack_into(form, content, at, *values)
    path = tmp_path / "patched.bin"
    path.write_bytes(content)
    return path


DICTIONARY = 4 * 14 + 8


@pytest.mark.parametrize(
    ("at", "form", "value", "message"),
    [
        (4, "<i", 99, "wrong header: version 99"),
        (8, "<i", 10, "a matrix of .* 10 dimensions"),
        (8, "<i", -1, "wrong header"),
        (40, "<i", 501, "501 n-gram rows"),
        (48, "<i", 1 << 30, "wrong header"),
        (48, "<i", -1, "wrong header"),
        (DICTIONARY + 28, "<c", b"\0", "is not a word"),
        (DICTIONARY + 8, "<i", 3, "supervised"),
        (DICTIONARY + 20, "<q", 7, "pruned"),
        (DICTIONARY, "<2i", (1 << 30, 1 << 30), "is not a word|no word"),
        (DICTIONARY + 28, "<c", b"\n", "is not a word"),
    ],
)
def test_damage_is_named(made, tmp_path, at, form, value, message) -> None:  # type: ignore[no-untyped-def]
    values = value if isinstance(value, tuple) else (value,)
    with pytest.raises(UserError, match=message):
        load_vectors(patched(made, tmp_path, at, form, *values))


def test_cuts_are_named(made: Path, tmp_path: Path) -> None:
    whole = made.read_bytes()
    path = tmp_path / "cut.bin"
    for stop in (5, 60, DICTIONARY + 30, DICTIONARY + 130, len(whole) // 2):
        path.write_bytes(whole[:stop])
        with pytest.raises(UserError, match=r"cut short|no word|ends before|not a word"):
            load_vectors(path, words=["cat"])


def test_quantised_models_are_refused(made: Path, tmp_path: Path) -> None:
    content = made.read_bytes()
    matrix = content.index(struct.pack("<?2q", False, 507, 9))
    with pytest.raises(UserError, match="quantised"):
        load_vectors(patched(made, tmp_path, matrix, "<?", True))


def test_rows_that_are_not_finite_are_refused(made: Path, tmp_path: Path) -> None:
    content = made.read_bytes()
    first = content.index(struct.pack("<?2q", False, 507, 9)) + 17
    word = load_vectors(made).index_to_key[0]
    path = patched(made, tmp_path, first, "<f", np.nan)
    with pytest.raises(UserError, match=f"{word!r}: NaN"):
        load_vectors(path)
    assert len(load_vectors(path, words=load_vectors(made).index_to_key[1:2])) == 1
