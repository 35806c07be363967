"""The schema: every key is listed once, with its meaning."""

import dataclasses

from wvexp.config.schema import KEYS, Config


def test_every_key_has_a_meaning_and_a_default_among_its_choices():
    listed = list(KEYS.values())
    for key in listed:
        assert key.meaning, key.name
        assert not key.choices or key.default is None or key.default in key.choices, key.name
    assert len({key.name for key in listed}) == len(listed)
    groups = [f for f in dataclasses.fields(Config) if dataclasses.is_dataclass(f.type)]
    leaves = sum(len(dataclasses.fields(group.type)) for group in groups)
    assert len(listed) == leaves + len(dataclasses.fields(Config)) - len(groups)
