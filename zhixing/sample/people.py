"""The people of the college and the hats they wear; students; one account for each role."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password

from zhixing.org.models import Delegation, Membership, Person, Role, Student, Teacher, Unit, User
from zhixing.sample import college_facts as facts
from zhixing.sample.names import Names
from zhixing.sample.plan import Plan, insert
from zhixing.sample.world import World

TEACHERS = 330
PUBLIC_SHARE = 0.18


class _Hiring:
    """Gives each person a name and a staff number that begins with the year of their entry."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.dice = plan.dice("people")
        self.names = Names(self.dice)
        self.serial = 0

    def hire(
        self, unit: Unit | None, position: str, *, older: bool = False, men: float = 0.5, since: int | None = None
    ) -> Person:
        self.serial += 1
        sex = self.names.sex(men)
        since = since or self.plan.year - self.dice.randint(2, 24)
        return Person(
            staff_number=f"{since}{self.serial:04}",
            name=self.names.person(sex, older=older),
            sex=sex,
            unit=unit,
            position=position,
            email=f"staff{self.serial:04}@example.com",
            phone=self.names.mobile(),
        )


def make_staff(plan: Plan, world: World) -> None:
    """Leaders, the people of the departments, deans and secretaries."""
    hiring = _Hiring(plan)
    rows: list[Person] = []

    def add(code: str, person: Person) -> Person:
        world.staff[code].append(person)
        rows.append(person)
        return person

    for position in ("校长", "副校长（分管教学与校企合作）", "副校长（分管人事与科研）", "副书记"):
        world.leaders.append(add("HZY", hiring.hire(world.root, position, older=True, men=0.7)))
    for code, (_name, short, head, sections, number, _role) in facts.DEPARTMENTS.items():
        positions = [f"{short}{head}", f"{short}副{head}", *(f"{section}科长" for section in sections)]
        positions += [f"{hiring.dice.choice(sections)}干事" for _ in range(number - len(positions))]
        for index, position in enumerate(positions[:number]):
            add(code, hiring.hire(world.units[code], position, older=index < 2))
    for code in facts.COLLEGES:
        world.deans[code] = add(code, hiring.hire(world.units[code], "院长", older=True, men=0.6))
        world.secretaries[code] = add(code, hiring.hire(world.units[code], "教学秘书", men=0.3))
        add(code, hiring.hire(world.units[code], "党总支书记", older=True))
    insert(plan, rows, lambda row: plan.year_start(-3))


def make_teachers(plan: Plan, world: World) -> None:
    """Full-time and part-time, of professional and public courses; 27 per hundred came within three years."""
    hiring = _Hiring(plan)
    hiring.dice = plan.dice("teachers")
    hiring.names = Names(hiring.dice)
    hiring.serial = 500
    dice = hiring.dice
    weights = {
        code: sum(weight for g in facts.GROUPS if g.unit == code for _c, weight in g.majors) for code in facts.COLLEGES
    }
    # Each major and each group needs a leader of its own, however small the college.
    leaders = {code: sum(1 + len(g.majors) for g in facts.GROUPS if g.unit == code) for code in facts.COLLEGES}
    total = max(plan.times(TEACHERS), sum(leaders.values()) + 2 * len(leaders))
    people, posts = [], []
    for code, weight in weights.items():
        number = max(leaders[code] + 2, round(total * weight / sum(weights.values())))
        for index in range(number):
            leads = index < leaders[code]
            full_time = leads or dice.random() < 0.84
            public = not leads and dice.random() < PUBLIC_SHARE
            entered = plan.year - (
                dice.randint(6, 24) if leads else dice.choice((0, 1, 1, 2, 3, 4, 5, 7, 9, 11, 14, 17, 21))
            )
            person = hiring.hire(
                world.units[code], "教师" if full_time else "兼职教师", older=leads, men=0.46, since=entered
            )
            people.append(person)
            posts.append((code, full_time, public, entered, leads))
    people = insert(
        plan, people, lambda row: max(plan.year_start(-3), date(int((row.staff_number or "2000")[:4]), 9, 1))
    )
    title = Teacher.Title
    rows = []
    for person, (code, full_time, public, entered, leads) in zip(people, posts, strict=True):
        years = plan.year - entered
        ladder = [title.ASSISTANT, title.LECTURER, title.LECTURER, title.ASSOCIATE, title.PROFESSOR]
        step = min(4, years // 5 + dice.randint(0, 1)) if not leads else dice.choice((3, 3, 3, 4))
        starts = date(entered, 9, 1)
        left = plan.year_end(-2) if not leads and dice.random() < 0.02 and starts < plan.year_end(-2) else None
        rows.append(
            Teacher(
                person=person,
                unit=world.units[code],
                engagement=Teacher.Engagement.FULL_TIME if full_time else Teacher.Engagement.PART_TIME,
                subject=Teacher.Subject.PUBLIC if public else Teacher.Subject.PROFESSIONAL,
                title=ladder[step] if full_time else dice.choice((title.NONE, title.LECTURER)),
                starts_on=min(starts, plan.ago(1)),
                ends_on=left,
            )
        )
        if full_time and not left:
            world.faculty[code].append(person)
    world.teachers = rows


def place_teachers(plan: Plan, world: World) -> None:
    """Give teachers of professional courses the major they teach, once majors are there, and write them down."""
    dice = plan.dice("teachers' majors")
    own = {code: [m for m in world.majors.values() if m.unit.code == code] for code in facts.COLLEGES}
    leads = {major.leader_id: major for major in world.majors.values()}
    for row in world.teachers:
        if row.subject == Teacher.Subject.PROFESSIONAL:
            row.major = leads.get(row.person_id) or dice.choice(own[row.unit.code])
    world.teachers = insert(plan, world.teachers)
    # Leaders were taken out of the list to be used once; from now on they are teachers like the others.
    for group in world.groups.values():
        world.faculty[group.unit.code].insert(0, group.leader)
    for major in world.majors.values():
        world.faculty[major.unit.code].append(major.leader)


def make_students(plan: Plan, world: World, heads: dict[int, int]) -> None:
    """Students of every class. Some entered young: they are under 18 now, and their guardians are on record."""
    dice = plan.dice("students")
    names = Names(dice)
    status = Student.Status
    rows = []
    for cohort in world.cohorts:
        done = cohort.entry_year + 3 <= plan.year
        entered = plan.terms(cohort.entry_year - plan.year)[0][0]
        for serial in range(1, heads[cohort.pk] + 1):
            sex = names.sex(0.52)
            # Most are 18 in the summer of their entry; those from the joint programme with secondary schools 15 or 16.
            age = dice.choices((15, 16, 17, 18, 19, 20, 21), (1, 3, 12, 52, 22, 7, 3))[0]
            born = date(cohort.entry_year - age, 8, 31) - timedelta(days=dice.randint(0, 364))
            minor = (born.year + 18, born.month, born.day) > (plan.today.year, plan.today.month, plan.today.day)
            lot = dice.random()
            state = status.GRADUATED if done else status.ENROLLED
            state = status.LEFT if lot < 0.012 else status.SUSPENDED if lot < 0.022 and not done else state
            named = minor or dice.random() < 0.5
            rows.append(
                Student(
                    number=f"{cohort.code.replace('K', '')}{serial:02}",
                    name=names.person(sex),
                    sex=sex,
                    cohort=cohort,
                    status=state,
                    birth_date=born,
                    entered_on=entered,
                    id_number=names.resident_id(born, sex),
                    phone=names.mobile(),
                    guardian_name=names.person(names.sex(0.6), older=True) if named else "",
                    guardian_phone=names.mobile() if minor else "",
                )
            )
    # One student has an account, and so is a person among the people of the college.
    chosen = next(
        row for row in rows if row.status == status.ENROLLED and row.cohort.major.group == world.groups[facts.NO_LINK]
    )
    chosen.person = insert(
        plan, [Person(name=chosen.name, sex=chosen.sex, unit=chosen.cohort.major.unit, position="学生")]
    )[0]
    world.signed_in_student = chosen
    insert(plan, rows, lambda row: row.entered_on)


def make_memberships(plan: Plan, world: World) -> None:
    """Every hat with its unit and dates, also those that have passed on."""
    since = plan.year_start(-4)
    held: list[tuple[Person, Role, Unit | None, date, date | None]] = []
    held += [(person, Role.LEADER, world.root, since, None) for person in world.leaders]
    for code, (*_rest, role) in facts.DEPARTMENTS.items():
        if role:
            held += [(person, Role(role), world.units[code], since, None) for person in world.staff[code]]
    for code in facts.COLLEGES:
        held.append((world.deans[code], Role.DEAN, world.units[code], since, None))
        held.append((world.secretaries[code], Role.SECRETARY, world.units[code], since, None))
    held += [(group.leader, Role.GROUP_LEADER, group.unit, group.starts_on, None) for group in world.groups.values()]
    held += [(row.person, Role.TEACHER, row.unit, row.starts_on, row.ends_on) for row in world.teachers]
    # The dean before the present one of the college of tourism, now a teacher again.
    former = world.faculty[facts.TOURISM][-1]
    held.append((former, Role.DEAN, world.units[facts.TOURISM], date(plan.year - 8, 9, 1), since - timedelta(days=1)))
    network = world.staff[facts.NETWORK]
    for person, role in zip(network, (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN), strict=False):
        held.append((person, role, world.units[facts.NETWORK], since, None))
    quality = world.staff[facts.QUALITY]
    held += [(person, Role.AUDITOR, world.units[facts.QUALITY], since, None) for person in quality[:2]]
    held += [(person, Role.REVIEWER, world.units[facts.QUALITY], plan.year_start(-1), None) for person in quality[2:]]
    student = world.signed_in_student
    assert student is not None and student.person is not None
    held.append((student.person, Role.STUDENT, student.cohort.major.unit, student.entered_on, None))
    rows = [
        Membership(person=p, role=role, unit=unit, starts_on=first, ends_on=last) for p, role, unit, first, last in held
    ]
    insert(plan, rows)
    dean = world.deans[facts.AGRICULTURE]
    insert(
        plan,
        [
            Delegation(
                from_person=dean,
                to_person=world.secretaries[facts.AGRICULTURE],
                role=Role.DEAN,
                starts_on=plan.ago(6),
                ends_on=plan.ahead(15),
                reason="院长赴三亚崖州湾挂职锻炼，其间由教学秘书代办院务审批。",
            ),
            Delegation(
                from_person=world.deans[facts.BUSINESS],
                to_person=world.faculty[facts.BUSINESS][0],
                role=Role.DEAN,
                starts_on=plan.ago(200),
                ends_on=plan.ago(180),
                reason="院长参加省级骨干教师研修。",
            ),
        ],
    )
    world.cast = _cast(world, student.person)


def _cast(world: World, student: Person) -> dict[str, Person]:
    """Who signs in as what: the dean, the secretary and the group leader are those of the group that lost its link."""
    group = world.groups[facts.NO_LINK]
    unit, leader = group.unit.code, group.leader
    assert leader is not None
    leaders = {g.leader_id for g in world.groups.values()} | {m.leader_id for m in world.majors.values()}
    return {
        Role.OFFICE: world.staff[facts.OFFICE][2],
        Role.LEADER: world.leaders[1],
        Role.DEAN: world.deans[unit],
        Role.SECRETARY: world.secretaries[unit],
        Role.GROUP_LEADER: leader,
        Role.TEACHER: next(p for p in world.faculty[unit] if p.pk not in leaders),
        Role.HR: world.staff[facts.HR][2],
        Role.FINANCE: world.staff[facts.FINANCE][2],
        Role.RESEARCH: world.staff[facts.RESEARCH][2],
        Role.EMPLOYMENT: world.staff[facts.EMPLOYMENT][2],
        Role.STUDENT: student,
        Role.REVIEWER: world.staff[facts.QUALITY][2],
        Role.AUDITOR: world.staff[facts.QUALITY][0],
        Role.SYSTEM_ADMIN: world.staff[facts.NETWORK][0],
        Role.SECURITY_ADMIN: world.staff[facts.NETWORK][1],
        Role.AUDIT_ADMIN: world.staff[facts.NETWORK][2],
    }


def make_accounts(plan: Plan, world: World) -> None:
    """`demo-<role>` for each role, all with the demo's password, which is hashed once."""
    password = make_password(settings.ZHIXING["demo_password"])
    rows = [
        User(
            username=f"demo-{role}",
            password=password,
            person=person,
            email=f"demo-{role}@example.com",
            date_joined=plan.at(plan.year_start(-3)),
        )
        for role, person in world.cast.items()
    ]
    world.users = {user.person_id: user for user in User.objects.bulk_create(rows)}
