"""What people do with agreements. Buttons, bulk, API and commands call these; each refuses in words."""

from __future__ import annotations

from zhixing.agreements.models import Agreement
from zhixing.kernel.numbering import next_number

NUMBER = "{prefix}-{year}-{unit}-{number:03d}"


def give_number(agreement: Agreement) -> str:
    """Number an agreement that has none, e.g. DD-2026-05-012; without gaps or doubles for each year and unit.

    The year is that of the first day of its term. Works on the row that the caller holds locked and saves.
    """
    if not agreement.number:
        year, unit = agreement.starts_on.year, agreement.unit.code

        def name(number: int) -> str:
            return NUMBER.format(prefix=agreement.kind.prefix, year=year, unit=unit, number=number)

        def is_taken(number: int) -> bool:
            tail = f"-{year}-{unit}-{number:03d}"
            return Agreement._base_manager.filter(number__endswith=tail).exists()

        agreement.number = name(next_number(f"agreements:{year}:{unit}", is_taken))
    return agreement.number
