"""The schema: every key is listed once, with its meaning."""

import dataclasses

from wvexp.config.schema import KEYS, Config


def test_every_key_has_a_meaning_and_a_default_among_its_choices():
    listed = list(KEYS.values())
    for key in listed:
        assert key.meaning, key.name
        assert not key.choices or key.default is None or key.default in key.choices, key.name
    assert len({key.name for key in listed}) == len(listed)
    assert len(listed) == leaves_of(Config)


def leaves_of(group):
    """Fields that are no groups, at any depth."""
    return sum(
        leaves_of(field.type) if dataclasses.is_dataclass(field.type) else 1
        for field in dataclasses.fields(group)
    )
