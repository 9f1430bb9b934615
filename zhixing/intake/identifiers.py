"""The unified social credit code of organisations (GB 32100-2015) and the number of identity documents (GB
11643-1999).

A wrong number is refused with the reason: length, letter, date or check character. No message repeats an identity
number.
"""

import datetime as dt
import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from .cleaning import BLANK, CellFault, Cleaned, Note, _exact

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUE = {letter: value for value, letter in enumerate(USCC_ALPHABET)}
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


# What each letter adds at each place: registers have many thousands of codes.
_USCC_SHARES = tuple({letter: value * weight for letter, value in _USCC_VALUE.items()} for weight in _USCC_WEIGHTS)
_ORGANISATION_SHARES = tuple(
    {letter: int(letter, 36) * weight for letter in USCC_ALPHABET} for weight in _ORGANISATION_WEIGHTS
)
_USCC_LETTERS = re.compile(f"[{USCC_ALPHABET}]{{18}}")


def uscc_check_character(first_17: str) -> str:
    """The 18th character of a unified social credit code (GB 32100-2015, 4.5)."""
    return USCC_ALPHABET[-sum(map(dict.__getitem__, _USCC_SHARES, first_17)) % 31]


def organisation_check_character(first_8: str) -> str:
    """The 9th character of an organisation code (GB 11714), which is characters 9 to 17 of the social credit code."""
    return "0123456789X0"[11 - sum(map(dict.__getitem__, _ORGANISATION_SHARES, first_8)) % 11]


def clean_uscc(value: Any, **_more: Any) -> Cleaned:
    """Eighteen characters in capitals. An organisation code inside that does not add up is only noted: some were
    issued that way."""
    plain = value.__class__ is str and _USCC_LETTERS.fullmatch(value)
    code = value if plain else re.sub(r"[-—–·.:：]", "", _exact(value).upper())
    if not code:
        return BLANK
    if len(code) != 18:
        raise CellFault(
            "uscc_length",
            _("A social credit code has 18 characters; this one has %(count)s. Check it."),
            count=len(code),
        )
    for position, letter in enumerate("" if plain else code, 1):
        if letter not in USCC_ALPHABET:
            hint = {"I": "1", "O": "0", "S": "5", "Z": "2", "V": "U"}.get(letter)
            if hint:
                raise CellFault(
                    "uscc_letter",
                    _(
                        "Character %(position)s is “%(letter)s”; the letters I, O, S, V "
                        "and Z are not used. Is it “%(hint)s”?"
                    ),
                    position=position, letter=letter, hint=hint,
                )  # fmt: skip
            raise CellFault(
                "uscc_letter",
                _("Character %(position)s, “%(letter)s”, does not belong in a social credit code."),
                position=position,
                letter=letter,
            )
    if (expected := uscc_check_character(code[:17])) != code[17]:
        raise CellFault(
            "uscc_check",
            _(
                "The check character does not fit: for the first 17 characters it would be “%(expected)s”, "
                "here it is “%(found)s”. One character is wrong; compare with the business licence."
            ),
            expected=expected,
            found=code[17],
        )
    if organisation_check_character(code[8:16]) != code[16]:
        return Cleaned(
            code, Note("organisation_code", _("The organisation code inside (characters 9–17) does not add up."))
        )
    return Cleaned(code)


def identity_check_character(first_17: str) -> str:
    """The 18th character of an identity number (GB 11643-1999; ISO 7064 mod 11-2)."""
    return "10X98765432"[
        sum(int(digit) * weight for digit, weight in zip(first_17, _IDENTITY_WEIGHTS, strict=True)) % 11
    ]


def clean_resident_id(value: Any, *, other_documents: bool = False, **_more: Any) -> Cleaned:
    """An identity number of 18 characters: residents, 港澳台居民居住证 (81, 82, 83) and foreigners with permanent
    residence (9).

    The region is not compared with today's list: people keep the number of a county that has since been renamed. With
    `other_documents` passports and travel permits (H and M numbers, eight digits of 台胞证) are taken too, with a
    note.
    """
    number = re.sub(r"[-—–·]", "", _exact(value).upper())
    if not number:
        return BLANK
    if not re.fullmatch(r"\d{17}[\dX]", number, re.ASCII):
        if other_documents and re.fullmatch(r"(?=.*\d)(?!\d{9,}$)[A-Z0-9]{6,15}", number, re.ASCII):
            return Cleaned(
                number,
                Note("other_document", _("Not a resident identity number; taken as a passport or travel permit.")),
            )
        if re.fullmatch(r"\d{15}", number, re.ASCII):
            raise CellFault(
                "id_old",
                _("This is an old number of 15 digits, no longer valid. Enter the 18 characters on the present card."),
            )
        if len(number) != 18:
            raise CellFault(
                "id_length",
                _("An identity number has 18 characters; this one has %(count)s. Check it."),
                count=len(number),
            )
        raise CellFault("id_letter", _("An identity number has 17 digits and then a digit or X. Check it for letters."))
    birth = number[6:14]
    try:
        born = dt.date(int(birth[:4]), int(birth[4:6]), int(birth[6:]))
    except ValueError:
        born = None
    if born is None or not dt.date(1880, 1, 1) <= born <= dt.date.today():
        raise CellFault(
            "id_birth", _("Characters 7–14 of the identity number are not a possible date of birth. Check them.")
        )
    if number[0] == "0":
        raise CellFault("id_region", _("The identity number begins with 0, which no region does. Check it."))
    # The right check character is not given away: with it any number could be made to look right.
    if identity_check_character(number[:17]) != number[17]:
        raise CellFault(
            "id_check",
            _(
                "The check character of the identity number does not fit: one character is wrong. "
                "Compare with the card."
            ),
        )
    return Cleaned(number)
