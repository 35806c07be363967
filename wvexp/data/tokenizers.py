"""Text to words: whitespace for text that is tokenised already, else a tokenizer of nltk's."""

import re
from collections.abc import Callable, Iterable
from itertools import islice

from wvexp.errors import UserError

Tokenizer = Callable[[str], list[str]]

NAMES = ("auto", "whitespace", "treebank", "tweet", "toktok")
SAMPLE = 1000  # texts by which `auto` decides

# A sentence ends at . ! or ? before a blank, unless the period belongs to an initial or to one of
# the abbreviations that most often stand before a name or number.
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b(?:Mr|Ms|Dr|St|vs|No|Jr)\.)(?<!\b(?:Mrs|etc)\.)(?<!\bProf\.)\s+"
)


def get_tokenizer(name: str, texts: Iterable[str] = ()) -> tuple[str, Tokenizer]:
    """The tokenizer called `name`, under the name it keeps: `auto` becomes one of the others.

    whitespace   splits at blanks
    treebank     nltk's `NLTKWordTokenizer`, sentence by sentence; quotation marks stay as typed
    tweet        nltk's `TweetTokenizer`: emoticons, hashtags and handles stay whole
    toktok       nltk's `ToktokTokenizer`, for many languages
    auto         whitespace where `looks_tokenized` says so of the texts, else treebank

    Parameters
    ----------
    texts
        Training texts; `auto` looks at the first `SAMPLE` of them.

    Raises
    ------
    UserError
        There is no tokenizer of that name; from the tokenizer itself, where a text is too much
        for its expressions.
    """
    if name == "auto":
        name = "whitespace" if looks_tokenized(islice(texts, SAMPLE)) else "treebank"
    if name == "whitespace":
        return name, str.split
    if name == "treebank":
        return name, _treebank()
    if name == "tweet":
        return name, _tweet()
    if name == "toktok":
        from nltk.tokenize.toktok import ToktokTokenizer

        return name, ToktokTokenizer().tokenize
    raise UserError(f"data.tokenizer={name}: no such tokenizer", f"known are {', '.join(NAMES)}")


def looks_tokenized(texts: Iterable[str]) -> bool:
    """Whether punctuation stands alone in most cases (or there is none to separate).

    Counts blank-separated words that are nothing but punctuation against words that end in it.
    """
    alone = attached = 0
    for text in texts:
        for word in text.split():
            if word[-1] in ".,;:!?":
                if any(map(str.isalnum, word)):
                    attached += 1
                else:
                    alone += 1
    return alone >= attached


def _tweet() -> Tokenizer:
    from nltk.tokenize.casual import TweetTokenizer

    split_words = TweetTokenizer().tokenize

    def tokenize(text: str) -> list[str]:
        try:
            words: list[str] = split_words(text)
        except TimeoutError:  # which nltk raises after some seconds, at a long run of digits
            raise UserError(
                f"data.tokenizer=tweet does not get through the text that begins {text[:40]!r}",
                "shorten its runs of digits, or take another tokenizer",
            ) from None
        return words

    return tokenize


def _treebank() -> Tokenizer:
    from nltk.tokenize.destructive import NLTKWordTokenizer

    split_words = NLTKWordTokenizer().tokenize

    def tokenize(text: str) -> list[str]:
        # The Treebank rules expect one sentence: only its last period is cut off its word.
        words = [word for part in _SENTENCE_END.split(text) for word in split_words(part)]
        if '"' in text:
            # They also turn " into `` and '', which fewer vectors have than the mark itself.
            words = ['"' if word in ("``", "''") else word for word in words]
        return words

    return tokenize
