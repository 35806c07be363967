import pytest

from wvexp.report.wording import counted, from_on, listed, margin_words, place


@pytest.mark.parametrize(
    ("size", "measured", "said"),
    [
        (8662.0, (100.0, 8662.0), "8,662"),
        (977_569.0000001, (977_569.0,), "977,569"),
        (8662.0, (), "about 8,660"),
        (412_622.3, (100.0, 977_569.0), "about 413,000"),
        (12_345_678.0, (), "about 12,300,000"),
        (552.4, (), "about 552"),
    ],
)
def test_a_size_is_exact_only_where_it_was_measured(size, measured, said):
    assert place(size, measured) == said


def test_counts_agree_with_their_noun():
    assert [counted(n, "arm") for n in (0, 1, 2, 1200)] == [
        "no arms",
        "1 arm",
        "2 arms",
        "1,200 arms",
    ]


def test_nothing_is_claimed_beyond_the_largest_size_measured():
    sizes = (100.0, 420.0)
    assert from_on(300.2, sizes, "tokens") == "from about 300 tokens to 420, the largest measured"
    assert from_on(100.0, sizes) == "from 100 to 420, the largest measured"
    assert from_on(419.7, sizes, "tokens") == "at 420 tokens, the largest size measured"
    assert from_on(380.0, (100.0, 380.0, 400.0)) == "from 380 to 400, the largest measured"


def test_a_margin_is_said_in_points():
    assert [margin_words(m) for m in (0.01, 0.0025, 0.02)] == ["1 point", "0.25 points", "2 points"]


def test_the_last_of_a_list_is_set_off_by_and():
    assert [listed(entries) for entries in ([], ["1"], ["1", "2"], ["1", "2", "3"])] == [
        "",
        "1",
        "1 and 2",
        "1, 2 and 3",
    ]
