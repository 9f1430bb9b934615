"""The college: calendar, units, people, roles."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhixing.kernel.constraints import dates_in_order, no_overlap
from zhixing.kernel.fields import EncryptedTextField
from zhixing.kernel.models import Record, tracked, trigram
from zhixing.kernel.scope import Scope
from zhixing.org.reference import College, Division, Holiday, IndustryCode, NationalMajor

__all__ = [
    "AcademicYear",
    "Cohort",
    "College",
    "Delegation",
    "Division",
    "Holiday",
    "IndustryCode",
    "Major",
    "MajorGroup",
    "Membership",
    "NationalMajor",
    "Person",
    "School",
    "Student",
    "Teacher",
    "Term",
    "Unit",
    "UnitName",
    "User",
]


class Role(models.TextChoices):
    """The hats. What each may do stands in `roles.py`, nowhere else."""

    OFFICE = "office", _("academic affairs office")
    LEADER = "leader", _("school leader")
    DEAN = "dean", _("college dean")
    SECRETARY = "secretary", _("college secretary")
    GROUP_LEADER = "group_leader", _("major (group) leader")
    TEACHER = "teacher", _("teacher")
    HR = "hr", _("HR office")
    FINANCE = "finance", _("finance and assets office")
    RESEARCH = "research", _("research office")
    EMPLOYMENT = "employment", _("employment office")
    STUDENT = "student", _("student")
    REVIEWER = "reviewer", _("reviewer")
    AUDITOR = "auditor", _("auditor")
    SYSTEM_ADMIN = "system_admin", _("system administrator")
    SECURITY_ADMIN = "security_admin", _("security administrator")
    AUDIT_ADMIN = "audit_admin", _("audit administrator")


@tracked
class School(Record):
    """The vocational college that runs this installation (学校)."""

    code = models.CharField(
        _("school code"),
        max_length=10,
        unique=True,
        validators=[RegexValidator(r"^\d{10}$", _("The school code has 10 digits."))],
    )
    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    lookup = ("code", "name", "short_name")

    class Meta:
        verbose_name = _("school")
        verbose_name_plural = _("schools")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


@tracked
class AcademicYear(Record):
    """学年: by default 1 September to 31 August; the college sets the days. A closed year's standings do not move."""

    code = models.CharField(
        _("academic year"),
        max_length=9,
        unique=True,
        validators=[RegexValidator(r"^\d{4}-\d{4}$", _("Write an academic year as 2025-2026."))],
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    closed_at = models.DateTimeField(pgettext_lazy("of a year", "closed"), null=True, blank=True, editable=False)
    lookup = ("code",)

    class Meta:
        verbose_name = _("academic year")
        verbose_name_plural = _("academic years")
        ordering = ["-starts_on"]
        constraints = [
            dates_in_order("academic_year_dates"),
            no_overlap("academic_year_no_overlap", message=_("Two academic years must not share a day.")),
        ]

    def __str__(self) -> str:
        return self.code


@tracked
class Term(Record):
    """学期."""

    year = models.ForeignKey(AcademicYear, models.CASCADE, related_name="terms", verbose_name=_("academic year"))
    number = models.PositiveSmallIntegerField(_("term number"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    lookup = ("year__code",)
    title_needs = ("year",)

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering = ["-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "number"],
                name="term_number_once",
                violation_error_message=_("This term is already there."),
            ),
            dates_in_order("term_dates"),
            no_overlap("term_no_overlap", message=_("Two terms must not share a day.")),
        ]

    def __str__(self) -> str:
        return f"{self.year.code}-{self.number}"


@tracked
class Unit(Record):
    """A part of the school: the school itself, a college (二级学院) or a department (部门). Names and places in the tree change with dates."""

    class Kind(models.TextChoices):
        SCHOOL = "school", _("school")
        COLLEGE = "college", _("college")
        DEPARTMENT = "department", _("department")

    code = models.CharField(_("unit code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    region = models.ForeignKey(
        "org.Division",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="units",
        verbose_name=_("place of the campus"),
        help_text=_("City or county of its campus; left blank, that of the unit above."),
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from", verbose_name=_("merged into")
    )
    scope = Scope(units=("id",))
    lookup = ("code", "name", "short_name", "names__name")
    # A register that names a dissolved college means the one that took it in.
    successor = "merged_into"

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["code"]
        constraints = [
            dates_in_order("unit_dates"),
            models.CheckConstraint(
                name="unit_not_its_own_parent",
                condition=Q(parent=None) | ~Q(parent=F("id")),
                violation_error_message=_("A unit cannot belong to itself."),
            ),
            models.CheckConstraint(
                name="unit_merged_has_end",
                condition=Q(merged_into=None) | Q(ends_on__isnull=False),
                violation_error_message=_("A merged unit needs the day on which it ended."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class UnitName(Record):
    """A name that a unit bore for a time; registers of that time still find it."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="names", verbose_name=_("unit"))
    name = models.CharField(_("name"), max_length=100)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    scope = Scope(units=("unit",))

    class Meta:
        verbose_name = _("unit name")
        verbose_name_plural = _("unit names")
        ordering = ["unit_id", "-starts_on"]
        constraints = [
            dates_in_order("unit_name_dates"),
            no_overlap("unit_name_no_overlap", "unit", message=_("A unit has one name at a time.")),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Person(Record):
    """Somebody of the college or outside it. One person may hold many roles, each with its unit and dates."""

    class Sex(models.TextChoices):
        UNKNOWN = "0", _("unknown")
        MALE = "1", _("male")
        FEMALE = "2", _("female")
        UNSTATED = "9", _("not stated")

    staff_number = models.CharField(_("staff number"), max_length=20, unique=True, null=True, blank=True)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80)
    sex = models.CharField(_("sex"), max_length=1, choices=Sex, default=Sex.UNKNOWN)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("unit"))
    position = models.CharField(_("position"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = EncryptedTextField(_("phone"), blank=True)
    scope = Scope(units=("unit",), people=("id",))
    lookup = ("staff_number", "name")
    picked = True

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["staff_number", "id"]
        indexes = [trigram("person_name_trgm", "name")]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A sign-in. What it may do comes from its person's memberships, never from flags on the account."""

    person = models.OneToOneField(
        Person, models.SET_NULL, null=True, blank=True, related_name="user", verbose_name=_("person")
    )
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    theme = models.CharField(
        max_length=10, default="bihai", choices=[("bihai", _("Azure sea")), ("lijin", _("Li brocade"))]
    )

    class Meta:
        verbose_name = _("account")

    def get_full_name(self) -> str:
        return self.person.name if self.person else self.username

    def get_short_name(self) -> str:
        return self.get_full_name()


@tracked
class MajorGroup(Record):
    """专业群: majors that share an industry; the policy's unit for industry links and steering committees (四（一）2–3)."""

    code = models.CharField(_("major group code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="major_groups", verbose_name=_("college"))
    leader = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="leads_groups", verbose_name=_("leader")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    scope = Scope(units=("unit",), people=("leader",))
    lookup = ("code", "name")

    class Meta:
        verbose_name = _("major group")
        verbose_name_plural = _("major groups")
        ordering = ["code"]
        constraints = [dates_in_order("major_group_dates")]

    def __str__(self) -> str:
        return self.name


@tracked
class Major(Record):
    """专业. The national code is text: forty of them end in K."""

    code = models.CharField(
        _("major code"),
        max_length=7,
        validators=[RegexValidator(r"^\d{6}K?$", _("A major code is six digits, with K when the state controls it."))],
    )
    name = models.CharField(_("name"), max_length=100)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="majors", verbose_name=_("college"))
    group = models.ForeignKey(
        MajorGroup, models.PROTECT, null=True, blank=True, related_name="majors", verbose_name=_("major group")
    )
    leader = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="leads_majors", verbose_name=_("leader")
    )
    years = models.DecimalField(_("length in years"), max_digits=3, decimal_places=1, default=3)
    starts_on = models.DateField(_("first enrolled"))
    ends_on = models.DateField(_("closed on"), null=True, blank=True)
    scope = Scope(units=("unit",), people=("leader", "group__leader"))
    lookup = ("code", "name")

    class Meta:
        verbose_name = _("major")
        verbose_name_plural = _("majors")
        ordering = ["code", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "name"],
                name="major_once",
                violation_error_message=_("This major is already in the register."),
            ),
            dates_in_order("major_dates"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Cohort(Record):
    """班级."""

    code = models.CharField(_("cohort code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=100)
    major = models.ForeignKey(Major, models.PROTECT, related_name="cohorts", verbose_name=_("major"))
    entry_year = models.PositiveSmallIntegerField(_("entry year"))
    adviser = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="advises", verbose_name=_("class adviser")
    )
    graduates_on = models.DateField(_("graduates on"), null=True, blank=True)
    scope = Scope(units=("major__unit",), people=("adviser", "major__leader"))
    lookup = ("code", "name")
    picked = True

    class Meta:
        verbose_name = _("cohort")
        verbose_name_plural = _("cohorts")
        ordering = ["-entry_year", "code"]
        constraints = [
            models.CheckConstraint(
                name="cohort_entry_year",
                condition=Q(entry_year__range=(1950, 2100)),
                violation_error_message=_("The entry year has four digits."),
            )
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Teacher(Record):
    """教师: who teaches, in which capacity and since when. R14 counts full-time teachers (专任教师)."""

    class Engagement(models.TextChoices):
        FULL_TIME = "full_time", _("full-time")
        PART_TIME = "part_time", _("part-time")

    class Subject(models.TextChoices):
        PROFESSIONAL = "professional", _("professional courses")
        PUBLIC = "public", _("public courses")

    class Title(models.TextChoices):
        NONE = "", _("none")
        ASSISTANT = "assistant", _("assistant")
        LECTURER = "lecturer", _("lecturer")
        ASSOCIATE = "associate", _("associate professor")
        PROFESSOR = "professor", _("professor")

    person = models.OneToOneField(Person, models.PROTECT, related_name="teacher", verbose_name=_("person"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="teachers", verbose_name=_("college"))
    major = models.ForeignKey(
        Major, models.SET_NULL, null=True, blank=True, related_name="teachers", verbose_name=_("major")
    )
    engagement = models.CharField(_("engagement"), max_length=10, choices=Engagement, default=Engagement.FULL_TIME)
    subject = models.CharField(_("subject"), max_length=12, choices=Subject, default=Subject.PROFESSIONAL)
    title = models.CharField(
        pgettext_lazy("of a teacher", "title"), max_length=10, choices=Title, blank=True, default=Title.NONE
    )
    starts_on = models.DateField(_("entered on"))
    ends_on = models.DateField(_("left on"), null=True, blank=True)
    scope = Scope(units=("unit",), people=("person",))
    lookup = ("person__staff_number", "person__name")
    picked = True
    title_needs = ("person",)

    class Meta:
        verbose_name = _("teacher")
        verbose_name_plural = _("teachers")
        ordering = ["person__staff_number", "id"]
        constraints = [dates_in_order("teacher_dates")]

    def __str__(self) -> str:
        return self.person.name


@tracked
class Student(Record):
    """学生. The resident id and phones are encrypted, masked, and revealed only with a logged purpose."""

    class Status(models.TextChoices):
        ENROLLED = "enrolled", _("enrolled")
        SUSPENDED = "suspended", _("suspended")
        GRADUATED = "graduated", _("graduated")
        LEFT = "left", _("left")

    number = models.CharField(_("student number"), max_length=20, unique=True)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80)
    sex = models.CharField(_("sex"), max_length=1, choices=Person.Sex, default=Person.Sex.UNKNOWN)
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="students", verbose_name=_("cohort"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ENROLLED)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    entered_on = models.DateField(_("entered on"), null=True, blank=True)
    id_number = EncryptedTextField(_("resident id"), blank=True)
    phone = EncryptedTextField(_("phone"), blank=True)
    guardian_name = models.CharField(_("guardian"), max_length=80, blank=True)
    guardian_phone = EncryptedTextField(_("guardian's phone"), blank=True)
    person = models.OneToOneField(
        Person, models.SET_NULL, null=True, blank=True, related_name="student", verbose_name=_("person")
    )
    scope = Scope(units=("cohort__major__unit",), people=("person", "cohort__adviser", "cohort__major__leader"))
    lookup = ("number", "name")
    picked = True

    class Meta:
        verbose_name = _("student")
        verbose_name_plural = _("students")
        ordering = ["number"]
        indexes = [trigram("student_name_trgm", "name")]

    def __str__(self) -> str:
        return self.name


@tracked
class Membership(Record):
    """One hat: a person holds a role at a unit from one day to another."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=20, choices=Role)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="memberships", verbose_name=_("unit"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    scope = Scope(units=("unit",), people=("person",))
    lookup: ClassVar[tuple[str, ...]] = ("person__staff_number", "person__name")
    title_needs = ("person",)

    class Meta:
        verbose_name = _("role held")
        verbose_name_plural = _("roles held")
        ordering = ["unit_id", "role", "-starts_on", "id"]
        constraints = [
            dates_in_order("membership_dates"),
            no_overlap(
                "membership_no_overlap",
                "person",
                "role",
                "unit",
                message=_("The person already holds this role there at that time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_role_display()}"


@tracked
class Delegation(Record):
    """Somebody acts for somebody else in one role, for a time, for a reason."""

    from_person = models.ForeignKey(Person, models.CASCADE, related_name="delegated", verbose_name=_("acts for"))
    to_person = models.ForeignKey(Person, models.CASCADE, related_name="delegations", verbose_name=_("deputy"))
    role = models.CharField(_("role"), max_length=20, choices=Role)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=200)
    scope = Scope(units=("from_person__unit",), people=("from_person", "to_person"))
    lookup = ("from_person__staff_number", "from_person__name")
    title_needs = ("from_person", "to_person")

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ["-starts_on", "id"]
        constraints = [
            dates_in_order("delegation_dates"),
            models.CheckConstraint(
                name="delegation_to_another",
                condition=~Q(from_person=F("to_person")),
                violation_error_message=_("Nobody can be their own deputy."),
            ),
            models.UniqueConstraint(
                fields=["from_person", "to_person", "role", "starts_on"],
                name="delegation_once",
                violation_error_message=_("This delegation is already recorded."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_person} → {self.to_person}"
