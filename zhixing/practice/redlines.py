"""Red lines (实习红线) on record: what the gate found, and who let it pass with what reason and filing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.constraints import dates_in_order
from zhixing.kernel.models import Record, tracked
from zhixing.kernel.scope import Scope
from zhixing.org.models import Person
from zhixing.practice.placements import Placement
from zhixing.practice.plans import OF_PLAN, PracticePlan
from zhixing.practice.posts import Filing, Post


class Severity(models.TextChoices):
    BLOCK = "block", pgettext_lazy("red line", "block")
    FILED = "filed", _("block unless filed")
    WARN = "warn", pgettext_lazy("red line", "warning")


class Layer(models.TextChoices):
    """Who set a rule, from the farthest to the nearest."""

    NATION = "nation", _("nation")
    PROVINCE = "province", _("province")
    SCHOOL = "school", _("school")
    COLLEGE = "college", _("college")


@tracked
class Finding(Record):
    """红线检查结果: one rule that one plan, post or placement does not keep, since when, and by what evidence.

    Written by the gate alone, kept after it is mended: an inspection sees what stood when. Without a post it is about
    the plan, without a placement about the post.
    """

    # The id of the rule, the article it rests on and the layer whose number applied, as they were when it was found.
    rule = models.CharField(_("rule"), max_length=20)
    article = models.CharField(_("article"), max_length=120, blank=True)
    layer = models.CharField(_("layer"), max_length=20, choices=Layer, blank=True)
    severity = models.CharField(_("severity"), max_length=6, choices=Severity)
    plan = models.ForeignKey(PracticePlan, models.CASCADE, related_name="findings", verbose_name=_("practice plan"))
    post = models.ForeignKey(
        Post, models.CASCADE, null=True, blank=True, related_name="findings", verbose_name=_("internship post")
    )
    placement = models.ForeignKey(
        Placement, models.CASCADE, null=True, blank=True, related_name="findings", verbose_name=_("placement")
    )
    # What was found, as codes with their numbers, worded when shown: [{"code": "hours_day", "values": {…}, "evidence": […]}].
    detail = models.JSONField(_("detail"), default=list)
    # Who let it pass; it stays on record all the same.
    override = models.ForeignKey(
        "practice.Override",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="findings",
        verbose_name=_("let pass"),
    )
    found_on = models.DateField(_("found on"))
    cleared_on = models.DateField(_("cleared on"), null=True, blank=True)
    scope = Scope(
        units=("plan__major__unit",),
        people=(*OF_PLAN, "placement__supervisor"),
    )
    lookup = ("rule",)
    title_needs = ("plan", "post__organisation", "placement__student")

    class Meta:
        verbose_name = _("red-line finding")
        verbose_name_plural = _("red-line findings")
        ordering = ["-found_on", "rule", "id"]
        indexes = [
            models.Index(fields=["plan", "cleared_on"], name="finding_plan"),
            models.Index(fields=["post", "cleared_on"], name="finding_post"),
            models.Index(fields=["placement", "cleared_on"], name="finding_placement"),
        ]
        constraints = [
            dates_in_order("finding_dates", "found_on", "cleared_on"),
            models.UniqueConstraint(
                fields=["rule", "plan", "post", "placement"],
                condition=Q(cleared_on=None),
                nulls_distinct=False,
                name="finding_open_once",
                violation_error_message=_("This finding already stands."),
            ),
        ]

    @property
    def subject(self) -> PracticePlan | Post | Placement:
        """What the finding is about."""
        return self.placement or self.post or self.plan

    def __str__(self) -> str:
        return f"{self.rule} · {self.subject}"


@tracked
class Override(Record):
    """红线放行: who let a post or placement pass a rule, why, until when and under which filing; listed for inspection."""

    rule = models.CharField(_("rule"), max_length=20)
    post = models.ForeignKey(Post, models.PROTECT, related_name="overrides", verbose_name=_("internship post"))
    placement = models.ForeignKey(
        Placement, models.PROTECT, null=True, blank=True, related_name="overrides", verbose_name=_("placement")
    )
    reason = models.CharField(_("reason"), max_length=300)
    filing = models.ForeignKey(
        Filing, models.PROTECT, null=True, blank=True, related_name="overrides", verbose_name=_("filing")
    )
    approver = models.ForeignKey(
        Person, models.PROTECT, related_name="red_line_overrides", verbose_name=_("let pass by"), editable=False
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    scope = Scope(
        units=("post__plan__major__unit",),
        people=("approver", *(f"post__{path}" for path in OF_PLAN)),
    )
    lookup = ("rule",)
    title_needs = ("post__organisation", "placement__student")

    class Meta:
        verbose_name = _("red-line override")
        verbose_name_plural = _("red-line overrides")
        ordering = ["-starts_on", "id"]
        constraints = [
            dates_in_order("override_dates"),
            models.CheckConstraint(
                name="override_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Say why it may pass."),
            ),
            models.UniqueConstraint(
                fields=["rule", "post", "placement", "starts_on"],
                nulls_distinct=False,
                name="override_once",
                violation_error_message=_("This was already let pass from that day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} · {self.placement or self.post}"
