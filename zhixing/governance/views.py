"""The Gantt chart of tasks: its filters stand in the address, so that a view of it can be sent to somebody."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from zhixing.governance import gantt
from zhixing.governance.models import Committee, Task, TaskBook
from zhixing.kernel.forms import candidates
from zhixing.kernel.scope import Actor
from zhixing.kernel.sheet import sheet_for
from zhixing.org.models import AcademicYear, Unit

_ALL = gettext_lazy("All")


class GanttFilter(forms.Form):
    """Which tasks to draw; choices only from what the actor may see."""

    year = forms.ModelChoiceField(
        AcademicYear.objects.none(), label=gettext_lazy("academic year"), required=False, empty_label=_ALL
    )
    committee = forms.ModelChoiceField(
        Committee.objects.none(), label=gettext_lazy("committee"), required=False, empty_label=_ALL
    )
    unit = forms.ModelChoiceField(Unit.objects.none(), label=gettext_lazy("unit"), required=False, empty_label=_ALL)
    book = forms.ModelChoiceField(
        TaskBook.objects.none(), label=gettext_lazy("task book"), required=False, empty_label=_ALL
    )
    open = forms.BooleanField(label=gettext_lazy("open tasks only"), required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["year"].queryset = candidates(AcademicYear, actor)
        fields["committee"].queryset = candidates(Committee, actor)
        fields["unit"].queryset = candidates(Unit, actor)
        fields["book"].queryset = candidates(TaskBook, actor).select_related("committee", "year")

    def narrow(self, tasks: QuerySet) -> tuple[QuerySet, date | None, date | None]:
        """The tasks asked for, and the days between which they are drawn (none: as the tasks need)."""
        asked = self.cleaned_data
        first = last = None
        if book := asked.get("book"):
            # A replaced version is shown only to whoever asks for it by name.
            tasks = tasks.filter(book=book)
            first, last = book.year.starts_on, book.year.ends_on
        else:
            tasks = tasks.exclude(book__status=TaskBook.Status.REPLACED)
            if year := asked.get("year"):
                first, last = year.starts_on, year.ends_on
                within = Q(starts_on__lte=last, due__gte=first) | Q(starts_on=None, due__range=(first, last))
                within |= Q(due=None, starts_on__range=(first, last))
                tasks = tasks.filter(Q(book__year=year) | Q(book=None) & within)
        if committee := asked.get("committee"):
            tasks = tasks.filter(Q(book__committee=committee) | Q(resolution__meeting__committee=committee))
        if unit := asked.get("unit"):
            tasks = tasks.filter(unit=unit)
        if asked.get("open"):
            tasks = tasks.filter(status=Task.Status.OPEN)
        return tasks, first, last


@require_GET
def gantt_page(request: HttpRequest) -> HttpResponse:
    """Tasks over time, by task book. Without a filter: the academic year of today."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.can(Task):
        raise PermissionDenied(_("Your role does not include this."))
    asked = request.GET.copy()
    if not asked:
        today = timezone.localdate()
        year = (
            AcademicYear.objects.filter(starts_on__lte=today, ends_on__gte=today).values_list("pk", flat=True).first()
        )
        if year:
            asked["year"] = str(year)
    form = GanttFilter(asked, actor=actor)
    tasks, first, last = gantt.visible_tasks(actor), None, None
    # An address with a record that is gone, or not theirs to see, finds nothing rather than everything.
    tasks, first, last = form.narrow(tasks) if form.is_valid() else (tasks.none(), None, None)
    sheet = sheet_for(Task)
    crumbs = [{"label": capfirst(sheet.label_plural), "url": sheet.url("list")}] if sheet else []
    context = {
        "chart": gantt.chart(tasks, first, last),
        "form": form,
        "crumbs": [*crumbs, {"label": _("Gantt chart"), "url": ""}],
    }
    return render(request, "governance/gantt.html", context)
