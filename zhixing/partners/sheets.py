"""How the registers of partners look and are imported."""

from __future__ import annotations

from zhixing.kernel.sheet import Sheet
from zhixing.partners import models


class OrganisationSheet(Sheet):
    model = models.Organisation
    icon = "factory"
    columns = ("uscc", "name", "kind", "industry", "region", "status")
