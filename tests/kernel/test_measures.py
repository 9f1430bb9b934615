"""The registry of measures."""

from __future__ import annotations

import pytest

from zhixing.kernel import measures


def test_a_key_is_taken_once() -> None:
    made = measures.Measure(key="test.one", scope="school", evidence=lambda window, parameters: None)  # type: ignore[arg-type,return-value]
    try:
        assert measures.register(made) is made
        assert measures.register(made) is made
        assert measures.get("test.one") is made
        again = measures.Measure(key="test.one", scope="school", evidence=lambda window, parameters: None)  # type: ignore[arg-type,return-value]
        with pytest.raises(ValueError, match=r"test\.one"):
            measures.register(again)
    finally:
        measures._registry.pop("test.one", None)


def test_a_measure_is_a_count_or_a_share() -> None:
    with pytest.raises(ValueError, match="median"):
        measures.Measure(key="test.two", scope="school", evidence=lambda window, parameters: None, kind="median")  # type: ignore[arg-type,return-value]


def test_an_unknown_key_has_no_measure() -> None:
    assert measures.get("no.such") is None
    assert "no.such" not in measures.all()


def test_every_measure_says_what_moves_it() -> None:
    for key, found in measures.all().items():
        assert found.key == key
        assert found.sources, key
