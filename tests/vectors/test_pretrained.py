"""Every format against gensim's own full load, to the bit."""

import gzip
import lzma
import zipfile
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from wvexp.vectors.pretrained import fingerprint_vectors, load_vectors

WORDS = ["the", "of", "naïve", "日本", "1", "3.14", "-", "New_York", "x" * 90]


def write(path: Path, vectors: KeyedVectors, binary: bool = False, header: bool = True) -> Path:
    vectors.save_word2vec_format(str(path), binary=binary, write_header=header)
    return path


@pytest.fixture(scope="module")
def vectors() -> KeyedVectors:
    rng = np.random.default_rng(5)
    made = KeyedVectors(7)
    made.add_vectors(WORDS, (rng.normal(size=(len(WORDS), 7)) * 10.0 ** rng.integers(-9, 9, 7)))
    return made


PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
}


# gensim leaves its first handle open when it reads text without a header.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("packed", list(PACK))
@pytest.mark.parametrize("kind", ["glove", "text", "binary"])
def test_rows_equal_gensims_to_the_bit(
    kind: str, packed: str, vectors: KeyedVectors, tmp_path: Path
) -> None:
    plain = write(tmp_path / "v", vectors, kind == "binary", kind != "glove")
    oracle = KeyedVectors.load_word2vec_format(
        str(plain), binary=kind == "binary", no_header=kind == "glove"
    )
    path = tmp_path / f"any-name{packed}"
    path.write_bytes(PACK[packed](plain.read_bytes()))

    everything = load_vectors(path)
    assert everything.index_to_key == oracle.index_to_key
    assert everything.vectors.tobytes() == oracle.vectors.tobytes()

    some = load_vectors(path, words=["日本", "absent", "The", "of", "of"])
    assert some.index_to_key == ["of", "日本"]
    assert some.vectors.dtype == np.float32
    for word in some.index_to_key:
        assert some[word].tobytes() == oracle[word].tobytes()


# gensim leaves its first handle open when it reads text without a header.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_any_decimal_is_rounded_as_gensim_rounds_it(tmp_path: Path) -> None:
    """Decimals of up to 40 digits, many beside the midpoint of two float32s."""
    rng = np.random.default_rng(8)
    numbers = []
    for exponent in range(-44, 38):
        value = np.float32(rng.random() + 0.1) * np.float32(10.0) ** exponent
        midpoint = (Fraction(float(value)) + Fraction(float(np.nextafter(value, np.inf)))) / 2
        for nudge in (-1, 0, 1):
            near = midpoint * (1 + Fraction(nudge, 10 ** int(rng.integers(8, 30))))
            with localcontext(prec=40):
                numbers.append(str(Decimal(near.numerator) / Decimal(near.denominator)))
    path = tmp_path / "v"
    path.write_text("".join(f"w{i} {x} -{x}\n" for i, x in enumerate(numbers)))
    oracle = KeyedVectors.load_word2vec_format(str(path), no_header=True)
    assert load_vectors(path).vectors.tobytes() == oracle.vectors.tobytes()


def test_member_of_a_zip(vectors: KeyedVectors, tmp_path: Path) -> None:
    plain = write(tmp_path / "v", vectors)
    path = tmp_path / "v.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(plain, "a/v.txt")
    assert load_vectors(path).vectors.tobytes() == load_vectors(plain).vectors.tobytes()


def test_fingerprint_follows_content_alone(vectors: KeyedVectors, tmp_path: Path) -> None:
    one = write(tmp_path / "one", vectors, binary=True)
    two = tmp_path / "two"
    two.write_bytes(one.read_bytes())
    assert fingerprint_vectors(one) == fingerprint_vectors(two)
    two.write_bytes(one.read_bytes()[:-1] + b"\0")
    assert fingerprint_vectors(one) != fingerprint_vectors(two)
