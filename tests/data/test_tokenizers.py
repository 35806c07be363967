"""Tokenizers, and the rule by which `auto` chooses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.tokenizers import NAMES, get_tokenizer, looks_tokenized
from wvexp.errors import UserError

RAW = [
    "It's a fine film, really. I liked it!",
    "The plot? Thin; the cast (mostly) good.",
    "Mr. Smith paid $3.50 for it, etc. and left.",
]


@pytest.mark.parametrize("resolved", ["treebank", "toktok"])
def test_tokenised_text_is_recognised(resolved: str) -> None:
    _, tokenize = get_tokenizer(resolved)
    assert not looks_tokenized(RAW)
    assert looks_tokenized([" ".join(tokenize(text)) for text in RAW])


@pytest.mark.parametrize(
    ("texts", "tokenized"),
    [
        (["no punctuation at all"], True),
        ([], True),
        (["one , two"], True),
        (["one, two"], False),
        (["mr. smith , a man , went ."], True),
        (["so ... what", ":) :)"], True),
        (["3.5 of 4 ."], True),
    ],
)
def test_auto_counts_punctuation_that_stands_alone(texts: list[str], tokenized: bool) -> None:
    assert looks_tokenized(texts) is tokenized
    assert get_tokenizer("auto", texts)[0] == ("whitespace" if tokenized else "treebank")


def test_auto_looks_at_a_sample_only() -> None:
    texts = iter(["a , b"] * 1000 + ["a, b"] * 9)
    assert get_tokenizer("auto", texts)[0] == "whitespace"
    assert len(list(texts)) == 9


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("whitespace", " a,b\tc \n", ["a,b", "c"]),
        ("treebank", 'I can\'t. You "can".', ["I", "ca", "n't", ".", "You", '"', "can", '"', "."]),
        ("treebank", "Mr. A. Smith left. so?", ["Mr.", "A.", "Smith", "left", ".", "so", "?"]),
        ("treebank", "it 's $3.50 , ``so''", ["it", "'s", "$", "3.50", ",", "``", "so", "''"]),
        ("tweet", "@me #yes :-) don't.", ["@me", "#yes", ":-)", "don't", "."]),
        ("toktok", "Señor, ¿qué?", ["Señor", ",", "¿", "qué", "?"]),
    ],
)
def test_words(name: str, text: str, words: list[str]) -> None:
    resolved, tokenize = get_tokenizer(name)
    assert (resolved, tokenize(text)) == (name, words)


@given(st.text(max_size=60))
def test_no_tokenizer_yields_empty_words_or_fails(text: str) -> None:
    for name in NAMES:
        assert all(get_tokenizer(name, [text])[1](text)), name


@given(st.lists(st.sampled_from(["a", "bee", "x9"]), max_size=20))
def test_plain_words_come_through_every_tokenizer(words: list[str]) -> None:
    for name in NAMES:
        assert get_tokenizer(name)[1](" ".join(words)) == words, name


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UserError, match=r"tokenizer=bert: .* auto, whitespace, treebank, tweet"):
        get_tokenizer("bert")


def test_a_text_that_the_tweet_tokenizer_gives_up_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from nltk.tokenize.casual import TweetTokenizer

    def give_up(self: TweetTokenizer, text: str) -> list[str]:
        raise TimeoutError

    monkeypatch.setattr(TweetTokenizer, "tokenize", give_up)
    _, tokenize = get_tokenizer("tweet")
    with pytest.raises(UserError, match="does not get through the text that begins '1111"):
        tokenize("1" * 1000)
