"""Labels that nobody can learn, in one line."""

from wvexp.data.unseen import UnseenLabels
from wvexp.report.unseen import unseen_words


def test_the_words_name_label_count_and_split():
    test = UnseenLabels(47_377, {"I-LST": 2})
    said = "labels that the training data lacks count as wrong, whatever is predicted: "
    assert unseen_words({"test": test}, "token") == said + "2 of 47,377 test tokens ('I-LST' 2x)"
    validation = UnseenLabels(30, {f"c{i}": 1 + (i == 3) for i in range(7)})
    assert unseen_words({"validation": validation, "test": test}, "sentence") == (
        f"{said}2 of 47,377 test sentences ('I-LST' 2x) and 8 of 30 validation sentences "
        "('c3' 2x, 'c0' 1x, 'c1' 1x, 'c2' 1x, 'c4' 1x, 2 labels more)"
    )
    assert unseen_words({}, "token") == ""
