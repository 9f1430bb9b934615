"""What every record type shares, and the machine's own records: events, files, notices, views, drafts, imports, approvals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar

import pghistory
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from zhixing.kernel import changes
from zhixing.kernel.constraints import days_of
from zhixing.kernel.flow import Flow
from zhixing.kernel.scope import RecordQuerySet, Scope, type_key


def tracked(model: type[models.Model]) -> type[models.Model]:
    """Keep the field history of a record type by database triggers, so that no import, shell or SQL escapes it."""
    return pghistory.track(
        pghistory.UpdateEvent("update", row=pghistory.Old),
        pghistory.DeleteEvent("delete", row=pghistory.Old),
        obj_field=pghistory.ObjForeignKey(related_name="history", related_query_name="history"),
        meta={"app_label": model._meta.app_label},
    )(model)


class Record(models.Model):
    """A fact the college keeps. Concrete types add a scope, a flow where they have states, and the fields people look them up by."""

    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = RecordQuerySet.as_manager()

    scope: ClassVar[Scope] = Scope()
    flow: ClassVar[Flow | None] = None
    # Fields a person may name this record by, in a form, an import or a search: first codes, then names.
    lookup: ClassVar[tuple[str, ...]] = ("name",)
    # A register too long for a drop-down: picked by typing.
    picked: ClassVar[bool] = False
    # Relations that the record's own title shows.
    title_needs: ClassVar[tuple[str, ...]] = ()
    # The relation to the record that took this one's place, where records are merged: registers that still name the
    # old one mean the new.
    successor: ClassVar[str] = ""

    class Meta:
        abstract = True

    @classmethod
    def approval_sorts(cls) -> list[tuple[str, str]]:
        """The sorts in which records of this type go through approval, by code, as they are called; none by default."""
        return []

    @property
    def approval_sort(self) -> str:
        """Which of them this record is: a route may be for some alone."""
        return ""

    @classmethod
    def refusals(cls, rows: Sequence[Any]) -> Iterable[tuple[Any, ValidationError]]:
        """Which of these rows break a rule that other records tell, and why.

        A form, a program and a step ask it of one row, a register of all of its rows at once: the number of questions
        must not grow with theirs. What one row tells by itself is a constraint. An error with the name of a constraint
        as its code stands in the place of that constraint's own words; one may name the field that it is about.
        """
        return ()

    def clean(self) -> None:
        super().clean()
        faults: dict[str, Any] = {}
        for _row, error in type(self).refusals([self]):
            error.update_error_dict(faults)
        if faults:
            raise ValidationError(faults)

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        changes.touched(type(self), [self.pk])

    def get_constraints(self) -> Any:
        """A row whose days are out of order is told so; the database cannot be asked what such days overlap."""
        return [
            (model, [rule for rule in rules if not self._out_of_order(days_of(rule))])
            for model, rules in super().get_constraints()
        ]

    def _out_of_order(self, days: tuple[str, str] | None) -> bool:
        start, end = (getattr(self, name) for name in days) if days else (None, None)
        return start is not None and end is not None and end < start

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Whether a row counts often rests on its archive mark: a form leaves the mark out, but it is known."""
        super().validate_constraints(exclude=set(exclude or ()) - {"archived_at"})

    @classmethod
    def leavings(cls, rows: Iterable[Any]) -> Iterable[tuple[Any, ValidationError]]:
        """Which of these rows must stay as they are, and why: none is deleted, archived, brought back or undone with its import."""
        return ()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        key = self.pk
        # Listeners look up what the row touched; a deleted row touches nothing, so they are told while it still stands.
        changes.touched(type(self), [key])
        return super().delete(*args, **kwargs)


class Event(models.Model):
    """A business event. Append-only; `record_type` and `record_id` name the record without a foreign key, so that events outlive it."""

    record_type = models.CharField(_("record type"), max_length=80)
    record_id = models.BigIntegerField(_("record"))
    label = models.CharField(_("title"), max_length=200)
    verb = models.CharField(_("event"), max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    actor_name = models.CharField(_("who"), max_length=80, blank=True)
    comment = models.TextField(_("reason"), blank=True)
    data = models.JSONField(_("data"), default=dict)
    at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("event")
        indexes = [
            models.Index(fields=["record_type", "record_id", "-at"], name="event_record"),
            models.Index(fields=["-at"], name="event_at"),
        ]


class File(models.Model):
    """A file on any record: checked by content, hashed, served as an attachment through the record's own permission."""

    record_type = models.CharField(max_length=80)
    record_id = models.BigIntegerField()
    name = models.CharField(_("file name"), max_length=255)
    content = models.FileField(_("file"), upload_to="records/%Y/%m/", max_length=255)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    mime = models.CharField(_("type"), max_length=120)
    sha256 = models.CharField("SHA-256", max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        verbose_name = _("file")
        indexes = [
            models.Index(fields=["record_type", "record_id"], name="file_record"),
            # The same picture brought again is known by its hash.
            models.Index(fields=["sha256"], name="file_sha256"),
        ]


class Notice(models.Model):
    """One message to one person, once: `key` says about what, and the database refuses a second."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name=_("to"))
    key = models.CharField(max_length=200)
    # The text as a message id with its parameters, so that each reader gets it in their own language.
    text = models.TextField(_("text"))
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(_("sent"), auto_now_add=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    mailed_at = models.DateTimeField(_("mailed"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once")]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notice_inbox"),
            # Jobs ask every few minutes whether anybody was told of a thing already.
            models.Index(fields=["key"], name="notice_key"),
        ]

    @property
    def message(self) -> str:
        from django.utils.translation import gettext

        return gettext(self.text) % self.params if self.params else gettext(self.text)


class SavedView(models.Model):
    """A person's named set of filters, columns and order over one list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    record_type = models.CharField(max_length=80)
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(blank=True)

    class Meta:
        verbose_name = _("saved view")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "record_type", "name"],
                name="saved_view_name",
                violation_error_message=_("You already have a view of this name."),
            )
        ]


class Draft(models.Model):
    """What a person typed into a form and has not saved yet."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    record_type = models.CharField(max_length=80)
    # 0 stands for a record that is not there yet.
    record_id = models.BigIntegerField(default=0)
    data = models.JSONField(default=dict)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("draft")
        constraints = [models.UniqueConstraint(fields=["user", "record_type", "record_id"], name="draft_one")]


class Progress(models.Model):
    """Long work that a page and a command can watch: import, assessment, report."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)
    # Where the result is to be seen once done.
    url = models.CharField(max_length=300, blank=True)
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("job")


class HeaderMemory(models.Model):
    """The field a person once chose for a column heading, offered again next time."""

    record_type = models.CharField(max_length=80)
    header = models.CharField(max_length=200)
    field = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("remembered heading")
        constraints = [models.UniqueConstraint(fields=["record_type", "header"], name="header_memory_one")]


class ImportRun(models.Model):
    """One register brought in: the file, how it was read, what the preview said, what was done, and whether it was undone."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded")
        PREVIEWED = "previewed", _("previewed")
        COMMITTED = "committed", _("imported")
        UNDONE = "undone", _("undone")
        FAILED = "failed", _("failed")

    record_type = models.CharField(_("record type"), max_length=80)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    file_name = models.CharField(_("file"), max_length=255)
    content = models.FileField(upload_to="imports/%Y/%m/", max_length=255)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.UPLOADED)
    sheet_name = models.CharField(max_length=200, blank=True)
    header_row = models.PositiveIntegerField(default=0)
    # What was found in it: {"columns": headings with the proposed fields and first values, "rows": how many}
    reading = models.JSONField(default=dict)
    # column index → field, as the person confirmed it
    mapping = models.JSONField(default=dict)
    # (column index, text) → primary key, where a name fitted two records and the person chose
    choices = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    faults = models.JSONField(default=list)
    message = models.TextField(blank=True)
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    committed_at = models.DateTimeField(_("imported at"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        indexes = [models.Index(fields=["record_type", "-created_at"], name="import_recent")]


class ImportChange(models.Model):
    """What one import did to one record, so that it can be undone."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="changes")
    record_id = models.BigIntegerField()
    # null for a record that the import made; else the field values before
    before = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["run", "record_id"], name="import_change_record")]


def _approvable() -> list[tuple[str, Any]]:
    """The record types of which a step is decided by approval, as they are called."""
    return [
        (type_key(model), model._meta.verbose_name)
        for model in apps.get_models()
        if (flow := getattr(model, "flow", None)) is not None and any(item.by_approval for item in flow.steps)
    ]


@tracked
class ApprovalRoute(Record):
    """审批流程: who must agree, in which order: data of the college, by record type, sort of record and amount."""

    record_type = models.CharField(_("record type"), max_length=80, choices=_approvable)
    name = models.CharField(_("name"), max_length=80)
    # Codes of the sorts that it is for, as records of the type say them (`approval_sort`); empty for all that have none of their own.
    sorts = models.JSONField(_("only for"), default=list, blank=True, editable=False)
    amount_from = models.DecimalField(_("from amount"), max_digits=16, decimal_places=2, default=0)
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("until"), null=True, blank=True)
    # [{"role": "dean", "at": "own"|"school", "idle_days": 3, "escalate": "leader"}]
    stations = models.JSONField(_("stations"), default=list, editable=False)

    class Meta:
        verbose_name = _("approval route")
        verbose_name_plural = _("approval routes")
        ordering = ["record_type", "-amount_from", "-effective_from", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "name", "effective_from"],
                name="approval_route_once",
                violation_error_message=_("A route of this name begins on this day already."),
            ),
            models.CheckConstraint(
                name="approval_route_dates",
                condition=models.Q(effective_to=None) | models.Q(effective_to__gte=models.F("effective_from")),
                violation_error_message=_("The end must not be before the beginning."),
            ),
            models.CheckConstraint(
                name="approval_route_amount",
                condition=models.Q(amount_from__gte=0),
                violation_error_message=_("The amount must not be negative."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def refusals(cls, rows: Sequence[Any]) -> Iterable[tuple[Any, ValidationError]]:
        models_by_key = {type_key(model): model for model in apps.get_models() if issubclass(model, Record)}
        known = {
            key: {code for code, _name in models_by_key[key].approval_sorts()}
            for key in {row.record_type for row in rows if row.sorts}
            if key in models_by_key
        }
        for row in rows:
            if not set(row.sorts or ()) <= known.get(row.record_type, set()):
                words = _("Records of this type have no such sort: a route for it would never be taken.")
                yield row, ValidationError(words, code="sort")


class ApprovalCase(models.Model):
    """One submission on its way: route and record frozen as they were when submitted."""

    class State(models.TextChoices):
        OPEN = "open", _("in approval")
        APPROVED = "approved", _("approved")
        SENT_BACK = "sent_back", _("sent back")
        WITHDRAWN = "withdrawn", _("withdrawn")

    record_type = models.CharField(_("record type"), max_length=80)
    record_id = models.BigIntegerField()
    label = models.CharField(_("title"), max_length=200)
    url = models.CharField(max_length=300)
    unit_id = models.BigIntegerField(null=True)
    route_name = models.CharField(_("route"), max_length=80)
    snapshot = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("submitted by")
    )
    submitted_at = models.DateTimeField(_("submitted"), auto_now_add=True)
    closed_at = models.DateTimeField(_("decided"), null=True)

    class Meta:
        verbose_name = _("approval")
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "record_id"],
                condition=models.Q(state="open"),
                name="approval_one_open",
                violation_error_message=_("This record is already in approval."),
            )
        ]


class ApprovalStation(models.Model):
    """One stop of a case: a role at a unit (or a person it was delegated to), and what was decided."""

    class State(models.TextChoices):
        WAITING = "waiting", _("not yet reached")
        PENDING = "pending", _("waiting for a decision")
        APPROVED = "approved", _("approved")
        SENT_BACK = "sent_back", _("sent back")
        SKIPPED = "skipped", _("skipped")

    case = models.ForeignKey(ApprovalCase, models.CASCADE, related_name="stations")
    order = models.PositiveSmallIntegerField()
    role = models.CharField(_("role"), max_length=40)
    unit_id = models.BigIntegerField(null=True)
    delegated_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("delegated to")
    )
    idle_days = models.PositiveSmallIntegerField(default=3)
    escalate_role = models.CharField(max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    reached_at = models.DateTimeField(_("since"), null=True)
    escalated_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True)
    comment = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("approval station")
        constraints = [models.UniqueConstraint(fields=["case", "order"], name="approval_station_order")]
        indexes = [models.Index(fields=["state", "role", "unit_id"], name="approval_inbox")]


class NumberSeries(models.Model):
    """The last number of a series (see `kernel/numbering.py`). Whoever takes the next holds this row, so none is skipped or given twice."""

    key = models.CharField(max_length=100, primary_key=True)
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("number series")


class OutsideLink(models.Model):
    """A link by which somebody without an account does one thing to one record (see `kernel/links.py`). Only its digest is kept."""

    purpose = models.CharField(_("purpose"), max_length=60)
    record_type = models.CharField(_("record type"), max_length=80)
    record_id = models.BigIntegerField(_("record"))
    # Who it was made out to, and what else narrows it (an organisation, a party); the page shows nothing beyond.
    name = models.CharField(_("contact"), max_length=80)
    data = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, unique=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("issued by")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("valid until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    # Set by the confirm button alone: a mail scanner or a chat's preview that opens the link uses up nothing.
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    opened_count = models.PositiveIntegerField(_("times opened"), default=0)
    opened_at = models.DateTimeField(_("last opened"), null=True, blank=True)

    class Meta:
        verbose_name = _("link for outsiders")
        indexes = [models.Index(fields=["record_type", "record_id", "purpose"], name="outside_link_record")]
        constraints = [
            models.CheckConstraint(
                name="outside_link_used_or_revoked",
                condition=models.Q(used_at=None) | models.Q(revoked_at=None),
                violation_error_message=_("A link that was used cannot be revoked."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} · {self.name}"


class ApiToken(models.Model):
    """A key for the campus data centre's programs: acts as its user, may be revoked; only its digest is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens", verbose_name=_("acts as")
    )
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")


def trigram(name: str, *fields: str) -> GinIndex:
    """An index by which a fragment of a Chinese name finds its record in a large register."""
    return GinIndex(fields=list(fields), name=name, opclasses=["gin_trgm_ops"] * len(fields))
