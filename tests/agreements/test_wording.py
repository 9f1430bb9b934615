"""Numbers as papers write them."""

from __future__ import annotations

import pytest

from zhixing.agreements.wording import ordinal


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "一"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (99, "九十九"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
        (400, "四百"),
    ],
)
def test_articles_and_copies_are_counted_in_words(number: int, words: str) -> None:
    assert ordinal(number) == words
