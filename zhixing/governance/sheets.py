"""How the registers of governance look, are acted upon and are imported."""

from __future__ import annotations

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Now as _Now
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.governance import actions, forms, models
from zhixing.governance.gantt import book_panel
from zhixing.kernel.counting import number_of
from zhixing.kernel.sheet import Action, Computed, Sheet, flow_action

TODAY = TruncDate(_Now())
_GANTT = ((_("Gantt chart"), "gantt", "gantt"),)


_HELD_TODAY = Q(starts_on__lte=TODAY) & (Q(ends_on=None) | Q(ends_on__gte=TODAY))
_EXTERNAL = Q(party__in=("enterprise", "association"))
_LATE = Q(status="open", due__lt=TODAY)


class CommitteeSheet(Sheet):
    model = models.Committee
    icon = "committee"
    description = _("The cooperation council and the major groups' steering committees, with term, seats and meetings.")
    columns = ("name", "kind", "group", "unit", "seats_count", "external_count", "last_met", "starts_on", "ends_on")
    computed = {
        "seats_count": Computed(
            _("seats held"), number_of(models.Seat, "committee", _HELD_TODAY), rows=("governance.seat", "committee")
        ),
        "external_count": Computed(
            _("from industry or firms"),
            number_of(models.Seat, "committee", _HELD_TODAY & _EXTERNAL),
            rows=("governance.seat", "committee"),
        ),
        "last_met": Computed(
            _("last met"),
            Subquery(
                models.Meeting.objects.filter(committee=OuterRef("pk"), status="held", archived_at=None)
                .order_by("-held_on")
                .values("held_on")[:1]
            ),
            numeric=False,
        ),
        "open_resolutions": Computed(
            _("open resolutions"),
            number_of(models.Resolution, "meeting__committee", Q(status="open")),
            rows=("governance.resolution", "meeting__committee"),
        ),
    }
    filters = ("kind", "unit", "group", "ends_on", "secretary")
    tabs = "kind"
    search = ("name", "group__name", "group__code", "secretary__name")
    groups = (
        (_("Committee"), ("name", "kind", "unit", "group", "secretary")),
        (pgettext_lazy("of office", "Term"), ("starts_on", "ends_on")),
        (_("Charter"), ("charter",)),
    )
    related = ("seats", "meetings", "task_books")
    actions = (
        Action(
            "renew",
            _("Open a new term"),
            actions.renew_committee,
            icon="refresh",
            comment="optional",
            form=forms.RenewForm,
        ),
    )
    natural_key = ("name", "starts_on")
    depends = {"group": {"unit": "unit"}}
    links = _GANTT
    synonyms = {
        "name": ("委员会名称", "名称", "机构名称", "理事会名称"),
        "kind": ("类别", "类型", "机构类别"),
        "unit": ("所属学院", "牵头单位", "依托单位", "学院", "单位"),
        "group": ("专业群", "所属专业群", "对应专业群", "专业群名称"),
        "charter": ("章程", "工作章程", "职责"),
        "starts_on": ("任期开始", "成立日期", "任期起", "起始日期"),
        "ends_on": ("任期结束", "届满日期", "任期止", "截止日期"),
        "secretary": ("秘书", "秘书长", "联络人"),
    }


class SeatSheet(Sheet):
    model = models.Seat
    icon = "user"
    description = _("Who sits on which committee for which party, and with which letter of appointment.")
    columns = (
        "person",
        "name",
        "committee",
        "party",
        "organisation",
        "position",
        "starts_on",
        "ends_on",
        "letter_number",
    )
    filters = (
        "party",
        "committee",
        "committee__kind",
        "committee__group",
        "committee__unit",
        "organisation",
        "ends_on",
    )
    tabs = "party"
    search = ("name", "person__name", "organisation__name", "committee__name", "letter_number")
    groups = (
        (_("Seat"), ("committee", "party", "person", "name", "organisation", "position")),
        (_("Appointment"), ("starts_on", "ends_on", "letter_number")),
    )
    actions = (
        Action(
            "issue_letter",
            _("Issue the letter of appointment"),
            actions.issue_letter,
            icon="signature",
            primary=True,
            available=lambda seat: not seat.letter_number and seat.archived_at is None,
        ),
        Action(
            "end",
            _("End the seat"),
            actions.end_seat,
            icon="x",
            comment="required",
            form=forms.EndSeatForm,
            danger=True,
        ),
    )
    natural_key = ("committee", "party", "person", "name", "starts_on")
    synonyms = {
        "committee": ("委员会", "委员会名称", "所属委员会"),
        "party": ("主体类型", "委员类别", "所属方", "类别"),
        "person": ("工号", "校内委员", "校内人员"),
        "name": ("姓名", "委员姓名", "校外委员"),
        "organisation": ("工作单位", "单位名称", "所在单位", "企业名称"),
        "position": ("委员会职务", "职务", "担任职务"),
        "starts_on": ("聘任日期", "聘期开始", "起聘日期"),
        "ends_on": ("聘期结束", "解聘日期", "到期日期"),
        "letter_number": ("聘书编号", "聘书号", "聘书文号"),
    }


class MeetingSheet(Sheet):
    model = models.Meeting
    icon = "calendar"
    description = _("Meetings with agenda, attendance and minutes; what they decide becomes tasks.")
    columns = ("title", "committee", "held_on", "status", "attendees_count", "resolutions_count", "open_resolutions")
    computed = {
        "attendees_count": Computed(_("attended"), Count("attendees", distinct=True)),
        "resolutions_count": Computed(
            _("resolutions"), number_of(models.Resolution, "meeting"), rows=("governance.resolution", "meeting")
        ),
        "open_resolutions": Computed(
            _("open resolutions"),
            number_of(models.Resolution, "meeting", Q(status="open")),
            rows=("governance.resolution", "meeting"),
        ),
    }
    filters = ("status", "committee", "committee__kind", "committee__unit", "held_on")
    tabs = "status"
    search = ("title", "committee__name", "place")
    groups = (
        (_("Meeting"), ("committee", "title", "held_on", "place", "status")),
        (_("Content"), ("agenda", "minutes", "attendees")),
    )
    related = ("resolutions",)
    actions = (
        flow_action(models.Meeting.flow, "hold", actions.hold_meeting, form=forms.HoldMeetingForm),
        Action(
            "decide",
            _("Resolutions and tasks from the minutes"),
            actions.record_decisions,
            icon="gavel",
            primary=True,
            form=forms.DecisionsForm,
            available=lambda meeting: meeting.status == models.Meeting.Status.HELD,
        ),
        flow_action(models.Meeting.flow, "cancel"),
    )
    natural_key = ("committee", "held_on", "title")
    synonyms = {
        "committee": ("委员会", "召开机构", "委员会名称"),
        "title": ("会议名称", "会议主题", "名称"),
        "held_on": ("会议日期", "召开日期", "会议时间", "日期"),
        "place": ("会议地点", "地点"),
        "agenda": ("议程", "会议议程", "议题"),
        "minutes": ("会议纪要", "纪要", "会议记录"),
        "status": ("状态", "会议状态"),
    }


class ResolutionSheet(Sheet):
    model = models.Resolution
    icon = "gavel"
    description = _("What meetings decided; open until the tasks made of it are done.")
    columns = ("text", "meeting", "meeting__held_on", "number", "status", "tasks_count", "open_tasks")
    computed = {
        "tasks_count": Computed(
            _("tasks"), number_of(models.Task, "resolution"), rows=("governance.task", "resolution")
        ),
        "open_tasks": Computed(
            _("open tasks"),
            number_of(models.Task, "resolution", Q(status="open") & ~Q(book__status="replaced")),
            rows=("governance.task", "resolution"),
        ),
    }
    filters = ("status", "meeting", "meeting__committee", "meeting__committee__unit", "meeting__held_on")
    tabs = "status"
    search = ("text", "meeting__title", "meeting__committee__name")
    groups = ((_("Resolution"), ("meeting", "number", "text", "status")),)
    related = ("tasks",)
    actions = (
        Action(
            "assign",
            _("Make a task"),
            actions.assign,
            icon="task",
            primary=True,
            form=forms.AssignForm,
            available=lambda resolution: resolution.status == models.Resolution.Status.OPEN,
        ),
        *(flow_action(models.Resolution.flow, key) for key in ("finish", "reopen", "drop")),
    )
    natural_key = ("meeting", "number")
    synonyms = {
        "meeting": ("会议", "会议名称"),
        "number": ("序号", "决议序号", "编号"),
        "text": ("决议内容", "决议", "议定事项", "决议事项"),
        "status": ("状态", "办理状态"),
    }


class TaskBookSheet(Sheet):
    model = models.TaskBook
    icon = "book"
    description = _("A committee's tasks of one academic year: written, approved, changed by new versions only.")
    columns = ("committee", "year", "version", "status", "tasks_count", "done_count", "late_count", "approved_on")
    computed = {
        "tasks_count": Computed(_("tasks"), number_of(models.Task, "book"), rows=("governance.task", "book")),
        "done_count": Computed(
            _("tasks done"), number_of(models.Task, "book", Q(status="done")), rows=("governance.task", "book")
        ),
        "late_count": Computed(
            _("tasks late"), number_of(models.Task, "book", _LATE), rows=("governance.task", "book")
        ),
    }
    filters = ("year", "status", "committee", "committee__unit", "approved_on")
    tabs = "status"
    search = ("committee__name", "year__code", "note")
    groups = (
        (_("Task book"), ("committee", "year", "version", "status")),
        (_("Approval"), ("approved_on", "note")),
    )
    related = ("tasks",)
    actions = (
        flow_action(models.TaskBook.flow, "submit", actions.submit_task_book),
        flow_action(models.TaskBook.flow, "replace", actions.new_version),
    )
    panels = (book_panel,)
    natural_key = ("committee", "year", "version")
    links = _GANTT
    synonyms = {
        "committee": ("委员会", "委员会名称", "编制单位"),
        "year": ("学年",),
        "version": ("版本", "版次"),
        "status": ("状态", "审批状态"),
        "approved_on": ("批准日期", "审批日期", "印发日期"),
        "note": ("备注", "说明"),
    }


class TaskSheet(Sheet):
    model = models.Task
    icon = "task"
    description = _(
        "Pieces of work with owner, dates and deliverable; late ones reach their owner, then the owner's head."
    )
    columns = ("title", "owner", "unit", "book", "starts_on", "due", "progress", "status")
    computed = {
        "milestones_open": Computed(
            _("open milestones"),
            number_of(models.Milestone, "task", Q(done_on=None)),
            rows=("governance.milestone", "task"),
        ),
        "appraisals_count": Computed(
            _("appraisals"), number_of(models.TaskAppraisal, "task"), rows=("governance.task_appraisal", "task")
        ),
    }
    filters = ("status", "unit", "owner", "book", "book__committee", "book__year", "resolution", "due", "progress")
    tabs = "status"
    search = ("title", "owner__name", "deliverable", "book__committee__name")
    groups = (
        (_("Task"), ("title", "book", "resolution", "unit", "owner", "status")),
        (_("Dates"), ("starts_on", "due", "progress", "done_on")),
        (_("Deliverable and appraisal"), ("deliverable", "appraisal_method")),
    )
    related = ("milestones", "appraisals")
    actions = (
        flow_action(models.Task.flow, "finish", actions.finish_task, form=forms.FinishTaskForm),
        Action(
            "progress",
            _("Report progress"),
            actions.set_progress,
            icon="trend",
            comment="optional",
            form=forms.ProgressForm,
            available=lambda task: task.status == models.Task.Status.OPEN,
        ),
        Action(
            "appraise",
            _("Appraise"),
            actions.appraise_task,
            capability="approve",
            icon="star",
            form=forms.AppraiseForm,
            available=lambda task: task.status != models.Task.Status.DROPPED,
        ),
        flow_action(models.Task.flow, "reopen", actions.reopen_task),
        flow_action(models.Task.flow, "drop", actions.drop_task),
    )
    natural_key = ("book", "title")
    links = _GANTT
    synonyms = {
        "title": ("任务名称", "任务", "工作任务", "任务内容"),
        "book": ("任务书",),
        "resolution": ("来源决议", "决议"),
        "unit": ("责任单位", "责任部门", "牵头部门", "部门", "学院"),
        "owner": ("责任人", "负责人", "牵头人"),
        "starts_on": ("开始时间", "开始日期", "启动时间"),
        "due": ("完成时限", "截止日期", "完成时间", "计划完成时间"),
        "deliverable": ("成果形式", "预期成果", "交付成果"),
        "progress": ("完成进度", "进度", "完成百分比"),
        "appraisal_method": ("考核方式", "考核办法", "验收方式"),
        "status": ("状态", "办理状态"),
        "done_on": ("实际完成时间", "完成日期", "办结日期"),
    }


class MilestoneSheet(Sheet):
    model = models.Milestone
    icon = "flag"
    description = _("Dated steps on the way to a task's deliverable.")
    columns = ("title", "task", "due", "done_on")
    filters = ("task", "task__unit", "due", "done_on")
    search = ("title", "task__title")
    groups = ((_("Milestone"), ("task", "title", "due", "done_on")),)
    natural_key = ("task", "title")
    synonyms = {
        "task": ("任务", "所属任务"),
        "title": ("里程碑", "节点名称", "阶段目标"),
        "due": ("计划日期", "节点日期", "完成时限"),
        "done_on": ("完成日期", "实际完成日期"),
    }


class TaskAppraisalSheet(Sheet):
    model = models.TaskAppraisal
    icon = "star"
    description = _("How well and how punctually tasks were done.")
    columns = ("task", "task__owner", "appraised_on", "grade", "score", "appraiser")
    filters = ("grade", "task", "task__unit", "appraised_on", "score")
    tabs = "grade"
    search = ("task__title", "task__owner__name")
    groups = ((_("Appraisal"), ("task", "appraised_on", "grade", "score", "appraiser", "comment")),)
    natural_key = ("task", "appraised_on")
    synonyms = {
        "task": ("任务", "任务名称", "考核任务"),
        "appraised_on": ("考核日期", "考核时间"),
        "grade": ("考核等次", "等次", "等级", "考核结果"),
        "score": ("得分", "考核得分", "分数"),
        "appraiser": ("考核人", "评价人"),
        "comment": ("评语", "考核意见", "备注"),
    }
