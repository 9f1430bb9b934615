"""The name of an organisation without what two spellings of it may differ in."""

from __future__ import annotations

import re
import unicodedata

from django.db.models import Func, TextField

# Company forms and punctuation carry no identity:
# 海南云帆科技有限公司 and 海南云帆科技有限责任公司 are asked about as one.
_FORMS = "(股份有限公司|有限责任公司|有限公司|集团公司|总公司|公司)$"
_NOISE = "[ \\t\\n\\r().,·•・_\\-—、，。《》〈〉“”\"'‘’:;&/【】\\[\\]]+"


def normalise_name(name: str) -> str:
    """NFKC, lower case, without spaces, punctuation and company form; the same as the database's `NormalisedName`."""
    return re.sub(_FORMS, "", re.sub(_NOISE, "", unicodedata.normalize("NFKC", name or "").lower()))


class NormalisedName(Func):
    """`normalise_name` in SQL, immutable so that the database can keep it as a generated column."""

    template = (
        "regexp_replace(regexp_replace(lower(normalize(%(expressions)s, NFKC)), '"
        + _NOISE.replace("'", "''").replace("%", "%%")
        + "', '', 'g'), '"
        + _FORMS
        + "', '')"
    )
    output_field = TextField()
