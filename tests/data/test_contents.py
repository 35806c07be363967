"""What results keep of the corpus, against counts taken by hand."""

import numpy as np

from wvexp.data.contents import contents
from wvexp.data.corpus import Corpus
from wvexp.data.folds import of_fold, pooled
from wvexp.data.records import to_plain
from wvexp.data.split import Split


def sentences(labels, first=0):
    words = np.arange(first, first + 2 * len(labels), dtype=np.int32)
    offsets = np.arange(0, 2 * len(labels) + 1, 2)
    return Split("sentence", words, offsets, np.array(labels, dtype=np.int32))


def test_every_split_is_counted_with_the_labels_that_training_lacks():
    corpus = Corpus(
        "toy",
        [f"w{i}" for i in range(6)],
        ["a", "b"],
        *(sentences(labels) for labels in ([0, 0, 1], [0], [1, 2])),
        unseen_labels=("new",),
    )
    assert to_plain(contents(corpus)) == {
        "name": "toy",
        "train": {"sentences": 3, "tokens": 6, "labels": {"a": 2, "b": 1}},
        "validation": {"sentences": 1, "tokens": 2, "labels": {"a": 1}},
        "test": {"sentences": 2, "tokens": 4, "labels": {"b": 1, "new": 1}},
    }


def test_any_fold_tells_of_the_whole_pool():
    splits = [sentences([0, 1] * 8), sentences([0, 1] * 2, 32), sentences([1] * 4, 40)]
    whole = pooled(Corpus("toy", [f"w{i}" for i in range(48)], ["a", "b"], *splits), 3)
    told = {"sentences": 24, "tokens": 48, "labels": {"a": 10, "b": 14}}
    for fold in range(3):
        of_it = contents(of_fold(whole, 5, fold))
        assert to_plain(of_it.pooled()) == {"name": "toy", "pool": told}
