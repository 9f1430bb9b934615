"""Registers in which steps write more than the state: no form and no program sets a day of acceptance by itself."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from zhixing.kernel.sheet import Sheet


class SteppedSheet(Sheet):
    """A register of the past brings these fields with their state for new records; of those that are there steps write them."""

    by_steps: ClassVar[frozenset[str]] = frozenset()

    @cached_property
    def stateful(self) -> frozenset[str]:
        return super().stateful | self.by_steps
