"""Static-embedding folders: a word is the mean of its known tokens."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from wvexp.errors import UserError
from wvexp.vectors.pretrained import (
    describe_vectors,
    fingerprint_vectors,
    known_words,
    load_vectors,
)

TOKENS = ["[UNK]", "play", "##ing", "##ed", "cat", "un", "##kind"]
TABLE = np.random.default_rng(3).normal(size=(len(TOKENS), 4)).astype(np.float32)


def make(folder: Path, tensors: dict[str, np.ndarray] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer: Any = Tokenizer(
        models.WordPiece({token: i for i, token in enumerate(TOKENS)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[UNK]"])
    tokenizer.enable_padding(length=8)  # as published tokenizers come; the means must not see it
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file(tensors or {"embedding.weight": TABLE}, folder / "model.safetensors")
    return folder


@pytest.mark.parametrize("name", ["embedding.weight", "embeddings"])
def test_mean_of_the_tokens(name: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "m", {name: TABLE})
    asked = ["playing", "Cat", "zzz", "unkind", "", "cat zzz", "日本", "\ud83d"]
    vectors = load_vectors(folder, words=asked)
    assert vectors.index_to_key == ["playing", "Cat", "unkind", "cat zzz"]
    np.testing.assert_array_equal(vectors["playing"], TABLE[[1, 2]].mean(axis=0))
    np.testing.assert_array_equal(vectors["Cat"], TABLE[4])
    np.testing.assert_array_equal(vectors["cat zzz"], TABLE[4])
    assert known_words(folder, ["zzz", "played"]) == {"played"}


def test_model2vec_mapping_and_weights(tmp_path: Path) -> None:
    mapping = np.array([0, 2, 1, 1, 0, 2, 2])
    weights = np.linspace(0.5, 2, len(TOKENS)).astype(np.float32)
    tensors = {"embeddings": TABLE[:3].copy(), "mapping": mapping, "weights": weights}
    vectors = load_vectors(make(tmp_path / "m", tensors), words=["playing"])
    expected = (TABLE[[2, 1]] * weights[[1, 2], None]).mean(axis=0)
    np.testing.assert_allclose(vectors["playing"], expected, rtol=1e-6)


def test_half_precision_and_inner_folder(tmp_path: Path) -> None:
    make(tmp_path / "m" / "0_StaticEmbedding", {"embeddings": TABLE.astype(np.float16)})
    vectors = load_vectors(tmp_path / "m", words=["cat"])
    np.testing.assert_array_equal(vectors["cat"], TABLE[4].astype(np.float16).astype(np.float32))


def test_whole_words_are_the_list(tmp_path: Path) -> None:
    folder = make(tmp_path / "m")
    assert load_vectors(folder).index_to_key == ["play", "cat", "un"]
    assert load_vectors(folder).index_to_key == ["play", "cat", "un"]
    about = describe_vectors(folder)
    assert (about.format, about.rows, about.dim, about.open) == ("static embeddings", 3, 4, True)


def test_vocabularies_that_mark_the_beginning_of_words(tmp_path: Path) -> None:
    folder = make(tmp_path / "m")
    pieces = [("<unk>", 0.0), ("▁the", -1.0), ("ing", -2.0), ("▁go", -2.0), ("▁", -3.0)]
    tokenizer: Any = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.save(str(folder / "tokenizer.json"))
    assert load_vectors(folder).index_to_key == ["the", "go"]
    vectors = load_vectors(folder, words=["going", "the"])
    np.testing.assert_array_equal(vectors["going"], TABLE[[3, 2]].mean(axis=0))


def test_fingerprint_is_of_both_files(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two")
    assert fingerprint_vectors(one) == fingerprint_vectors(two)
    make(two, {"embedding.weight": TABLE + 1})
    assert fingerprint_vectors(one) != fingerprint_vectors(two)


def test_damage_is_named(tmp_path: Path) -> None:
    def fails(folder: Path, message: str) -> None:
        with pytest.raises(UserError, match=message):
            load_vectors(folder, words=["playing", "cat"])

    (tmp_path / "empty").mkdir()
    fails(tmp_path / "empty", r"a folder without model\.safetensors, tokenizer\.json")
    fails(make(tmp_path / "a", {"layer.0": TABLE}), "holds layer.0, not")
    fails(make(tmp_path / "b", {"embeddings": TABLE[0]}), r"F32 of shape \[4\]")
    fails(make(tmp_path / "c", {"embeddings": TABLE[:2].copy()}), "token 2 .* no row among 2")
    broken = TABLE.copy()
    broken[4, 0] = np.nan
    fails(make(tmp_path / "d", {"embeddings": broken}), "'cat': NaN")
    tensors = {"embeddings": TABLE, "weights": np.ones(2, np.float32)}
    fails(make(tmp_path / "e", tensors), "weights for 7 tokens")
    folder = make(tmp_path / "f")
    (folder / "tokenizer.json").write_text(json.dumps({"model": 1}))
    fails(folder, "not a tokenizer")
    tokenizer = json.loads((make(folder) / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"].pop("[UNK]")
    tokenizer["added_tokens"] = []
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(UserError, match=r"tokenizer\.json cannot be used: .*UNK"):
        load_vectors(folder, words=["zzz"])
    folder = make(tmp_path / "g")
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[:-8])
    fails(folder, "damaged")
