"""The register of partners: government, parks, schools, industry organisations, and some hundred firms."""

from __future__ import annotations

import random
from datetime import date, timedelta

from zhixing.partners.models import Contact, Organisation, OrganisationName, OrganisationTag
from zhixing.sample import college_facts as facts
from zhixing.sample import partner_facts as known
from zhixing.sample.names import Names
from zhixing.sample.plan import Plan, insert
from zhixing.sample.world import World

FIRMS = 300
_KIND = Organisation.Kind
_STATUS = Organisation.Status
_GROUP_UNIT = {group.code: group.unit for group in facts.GROUPS}
_SIZES = {"large": (320, 4200), "medium": (100, 320), "small": (20, 100), "micro": (3, 20)}
_REST_REASONS = (
    "两年以上没有往来，联系人已离职。",
    "企业搬迁至岛外，暂停招聘。",
    "项目到期后未续签，对方暂无合作需求。",
    "企业重组，等待新的负责人。",
)


def make_partners(plan: Plan, world: World) -> None:
    names = Names(plan.dice("partner names"))
    _make_public_bodies(plan, world, names)
    _make_associations(plan, world, names)
    _make_firms(plan, world, names)
    _make_branches(plan, world, names)
    _make_past(plan, world)
    _make_tags(plan, world)
    _make_contacts(plan, world, names)


def _entered(row: Organisation) -> date:
    """The day on which a partner came into the register; kept on the object until it is written."""
    return row.entered_on  # type: ignore[attr-defined]


def _put(row: Organisation, entered_on: date) -> Organisation:
    row.entered_on = entered_on  # type: ignore[attr-defined]
    return row


def _make_public_bodies(plan: Plan, world: World, names: Names) -> None:
    dice = plan.dice("public bodies")
    start = plan.year_start(-3)
    rows = []
    for name, region, keeper in known.GOVERNMENTS:
        rows.append(
            Organisation(
                uscc=names.uscc("11", region),
                name=name,
                kind=_KIND.GOVERNMENT,
                nature=Organisation.Nature.PUBLIC,
                industry_id="9221",
                region_id=region,
                keeper=world.units[keeper],
                status=_STATUS.ACTIVE,
            )
        )
    for name, region, address, keeper in known.PARKS:
        rows.append(
            Organisation(
                uscc=names.uscc("12", "460000"),
                name=name,
                kind=_KIND.PARK,
                nature=Organisation.Nature.PUBLIC,
                industry_id="7221",
                region_id=region,
                address=f"{address}管委会大楼",
                keeper=world.units[keeper],
                status=_STATUS.ACTIVE,
            )
        )
    for name, kind, industry, region, address, keeper in known.OTHERS:
        rows.append(
            Organisation(
                uscc=names.uscc("12", f"{region[:4]}00" if region < "469" else region),
                name=name,
                kind=kind,
                nature=Organisation.Nature.PUBLIC,
                industry_id=industry,
                region_id=region,
                address=f"{address}{dice.randint(3, 188)}号",
                staff_count=dice.randint(40, 320),
                keeper=world.units[keeper],
                status=_STATUS.ACTIVE,
            )
        )
    rows = insert(plan, [_put(row, start) for row in rows], _entered)
    world.governments = {row.name: row for row in rows if row.kind == _KIND.GOVERNMENT}
    world.parks = [row for row in rows if row.kind == _KIND.PARK]


def _make_associations(plan: Plan, world: World, names: Names) -> None:
    dice = plan.dice("associations")
    rows = []
    for name, groups in known.ASSOCIATIONS:
        keeper = world.units[_GROUP_UNIT[groups[0]] if groups else facts.EMPLOYMENT]
        rows.append(
            Organisation(
                uscc=names.uscc("51", "460000"),
                name=name,
                kind=_KIND.ASSOCIATION,
                nature=Organisation.Nature.PUBLIC,
                industry_id="9522",
                region_id="460100",
                address=f"海口市龙华区国贸大道{dice.randint(1, 58)}号",
                staff_count=dice.randint(4, 18),
                founded_on=date(dice.randint(2004, 2020), dice.randint(1, 12), dice.randint(1, 28)),
                keeper=keeper,
                status=_STATUS.ACTIVE,
            )
        )
    for row, (_name, groups) in zip(
        insert(plan, [_put(r, plan.year_start(-3)) for r in rows], _entered), known.ASSOCIATIONS, strict=True
    ):
        world.associations[row.name] = row
        for code in groups:
            world.links_of[code].append(row)


def _make_firms(plan: Plan, world: World, names: Names) -> None:
    dice = plan.dice("firms")
    rows, groups_of = [], []
    taken: set[str] = set()
    for story in _story_firms(plan, world, names):
        rows.append(story)
        groups_of.append(
            ("ZYQ02", "ZYQ01") if "酒店" in story.name else ("ZYQ13",) if "康养" in story.name else ("ZYQ08",)
        )
        taken.add(story.name)
    poetic, plain = list(known.POETIC_STEMS), list(known.PLAIN_STEMS)
    dice.shuffle(poetic)
    dice.shuffle(plain)
    regions = list(known.REGIONS)
    region_weights = [known.REGIONS[region][2] for region in regions]
    trades = list(known.TRADES)
    while len(rows) < plan.times(FIRMS, least=12):
        # The first round meets every trade, so that a tiny college has partners for each group too.
        turn = len(rows) - 4
        trade = trades[turn] if 0 <= turn < len(trades) else dice.choices(trades, [t.weight for t in trades])[0]
        region = dice.choices(regions, region_weights)[0]
        stems = poetic if trade.poetic and poetic and dice.random() < 0.8 else plain
        stem = stems.pop() if stems else dice.choice(known.PLAIN_STEMS)
        line, industry = dice.choice(trade.lines)
        size = dice.choices(
            ("large", "medium", "small", "micro"), (trade.large, 0.28, 0.45, 0.27 - min(trade.large, 0.2))
        )[0]
        form = (
            "股份有限公司"
            if size == "large" and dice.random() < 0.3
            else "有限责任公司"
            if dice.random() < 0.08
            else "有限公司"
        )
        head = "海南" if size == "large" or dice.random() < 0.62 else region
        name = f"{head}{stem}{line}{'集团' if size == 'large' and dice.random() < 0.25 else ''}{form}"
        if name in taken:
            continue
        taken.add(name)
        entered = plan.within(dice, plan.year_start(-3), plan.ago(8))
        rows.append(
            _firm(
                plan,
                world,
                names,
                dice,
                name=name,
                short=stem,
                region=region,
                industry=industry,
                size=size,
                keeper=_GROUP_UNIT[trade.groups[0]],
                entered=entered,
            )
        )
        groups_of.append(trade.groups)
    sources = plan.dice("sources")
    for row, groups in zip(rows, groups_of, strict=True):
        if sources.random() < 0.22 and world.links_of[groups[0]]:
            row.source = sources.choice(world.links_of[groups[0]])
    world.firms = insert(plan, rows, _entered)
    for row, groups in zip(world.firms, groups_of, strict=True):
        if row.status == _STATUS.ACTIVE:
            for code in groups:
                world.firms_of[code].append(row)
    # At a tiny scale a group may find no active firm of its own trade: it then works with those of others.
    active = [row for row in world.firms if row.status == _STATUS.ACTIVE]
    for group in facts.GROUPS:
        world.firms_of[group.code] = world.firms_of[group.code] or active


def _firm(
    plan: Plan,
    world: World,
    names: Names,
    dice: random.Random,
    *,
    name: str,
    short: str,
    region: str,
    industry: str,
    size: str,
    keeper: str,
    entered: date,
    status: str | None = None,
) -> Organisation:
    code, places, _weight = known.REGIONS[region]
    district, street = dice.choice(places)
    founded = date(dice.randint(1998, plan.year - 4), dice.randint(1, 12), dice.randint(1, 28))
    state = status or dice.choices((_STATUS.ACTIVE, _STATUS.LEAD, _STATUS.DORMANT), (64, 22, 14))[0]
    if state == _STATUS.DORMANT:
        entered = plan.within(dice, plan.year_start(-3), plan.year_end(-2))
    nature = dice.choices(("private", "state", "foreign", "mixed", ""), (64, 15, 5, 10, 6))[0]
    return _put(
        Organisation(
            uscc=None if state == _STATUS.LEAD and dice.random() < 0.3 else names.uscc("91", code),
            name=name,
            short_name=short,
            kind=_KIND.ENTERPRISE,
            nature=nature,
            size=size,
            industry_id=industry,
            region_id=district,
            address=f"{street}{dice.randint(1, 199)}号",
            staff_count=dice.randint(*_SIZES[size]) if dice.random() < 0.9 else None,
            founded_on=founded,
            keeper=world.units[keeper],
            status=state,
            status_reason=dice.choice(_REST_REASONS) if state == _STATUS.DORMANT else "",
        ),
        entered,
    )


def _story_firms(plan: Plan, world: World, names: Names) -> list[Organisation]:
    """Two pairs that the duplicate guard must ask about, and the firm that was banned."""
    dice = plan.dice("story firms")

    def firm(name: str, short: str, region: str, industry: str, keeper: str, days: int, status: str) -> Organisation:
        return _firm(
            plan,
            world,
            names,
            dice,
            name=name,
            short=short,
            region=region,
            industry=industry,
            size="medium",
            keeper=keeper,
            entered=plan.ago(days),
            status=status,
        )

    first = firm("海南椰风海韵酒店管理有限公司", "椰风海韵", "三亚", "6110", facts.TOURISM, 900, _STATUS.ACTIVE)
    second = firm("海南椰风海韵酒店管理有限责任公司", "椰风海韵", "三亚", "6110", facts.TOURISM, 40, _STATUS.LEAD)
    third = firm("琼海博鳌云帆康养服务有限公司", "博鳌云帆", "琼海", "8514", facts.EDUCATION, 700, _STATUS.ACTIVE)
    fourth = firm("海南博鳌云帆康养服务有限公司", "云帆康养", "琼海", "8514", facts.EDUCATION, 25, _STATUS.LEAD)
    for unverified in (second, fourth):
        unverified.uscc = None  # type: ignore[assignment]
    second.address = first.address
    banned = firm("海南乾石建筑劳务有限公司", "乾石劳务", "海口", "4710", facts.ENGINEERING, 800, _STATUS.BANNED)
    banned.status_reason = "收取实习学生管理费且未购买实习责任保险，经校务会研究停止合作。"
    return [first, second, third, fourth, banned]


def _make_branches(plan: Plan, world: World, names: Names) -> None:
    dice = plan.dice("branches")
    heads = [row for row in world.firms if row.size == "large" and row.status == _STATUS.ACTIVE and row.uscc]
    rows = []
    for head in heads[: plan.times(10)]:
        place = dice.choice([p for p in ("三亚", "儋州", "琼海", "文昌") if not head.name.startswith(p)])
        row = _firm(
            plan,
            world,
            names,
            dice,
            name=f"{head.name}{place}分公司",
            short=f"{head.short_name}{place}",
            region=place,
            industry=head.industry_id or "7211",
            size="small",
            keeper=head.keeper.code if head.keeper else facts.EMPLOYMENT,
            entered=plan.within(dice, _entered(head), plan.ago(6)),
            status=_STATUS.ACTIVE,
        )
        row.parent, row.nature = head, head.nature
        rows.append(row)
    world.firms += insert(plan, rows, _entered)


def _make_past(plan: Plan, world: World) -> None:
    """Names that partners bore before."""
    dice = plan.dice("former names")
    rows = []
    for row in dice.sample(world.firms, min(len(world.firms), plan.times(16, least=4))):
        if row.parent_id or row.founded_on is None:
            continue
        ended = plan.within(dice, date(plan.year - 7, 1, 1), plan.ago(300))
        stem = dice.choice(known.PLAIN_STEMS)
        old = row.name.replace(row.short_name, stem, 1)
        rows.append(OrganisationName(organisation=row, name=old, starts_on=min(row.founded_on, ended), ends_on=ended))
    renamed = world.associations["海南数字创意产业协会"]
    rows.append(
        OrganisationName(
            organisation=renamed, name="海南文化创意产业协会", starts_on=renamed.founded_on, ends_on=plan.year_end(-4)
        )
    )
    insert(plan, rows, lambda row: plan.year_start(-3))


def _make_tags(plan: Plan, world: World) -> None:
    dice = plan.dice("tags")
    tag, level = OrganisationTag.Tag, OrganisationTag.Level
    rows: list[OrganisationTag] = []

    def add(row: Organisation, which: str, at: str, first: date, years: int | None, document: str = "") -> None:
        last = date(first.year + years, first.month, first.day) - timedelta(days=1) if years else None
        rows.append(
            OrganisationTag(organisation=row, tag=which, level=at, starts_on=first, ends_on=last, document=document)
        )

    able = [row for row in world.firms if row.status == _STATUS.ACTIVE and row.parent_id is None]
    big = [row for row in able if row.size == "large"] or able
    for row in dice.sample(big, min(len(big), plan.times(14))):
        add(
            row,
            tag.LEADING,
            dice.choice((level.PROVINCE, level.PROVINCE, level.CITY)),
            date(plan.year - dice.randint(1, 4), 6, 1),
            None,
        )
    for row in dice.sample(able, min(len(able), plan.times(46))):
        add(row, tag.KEY_INDUSTRY, level.PROVINCE, date(plan.year - dice.randint(1, 4), 1, 1), None)
    chosen = dice.sample(big, min(len(big), plan.times(12, least=3)))
    for number, row in enumerate(chosen):
        at = level.NATION if number == 0 else level.PROVINCE if number % 3 else level.CITY
        # The second one's recognition has run out.
        year = plan.year - (5 if number == 1 else dice.randint(1, 2))
        add(row, tag.INTEGRATION, at, date(year, 7, 1), 3, f"琼发改社会〔{year}〕{dice.randint(120, 980)}号")
    for row in dice.sample(able, min(len(able), plan.times(18))):
        add(row, tag.LOCAL, level.CITY, date(plan.year - dice.randint(1, 3), 3, 1), None)
    insert(plan, rows)


def _make_contacts(plan: Plan, world: World, names: Names) -> None:
    """Two people at each partner; some have moved on."""
    dice = plan.dice("contacts")
    role = Contact.Role
    rows = []
    for row in Organisation.objects.order_by("pk").only("pk", "kind", "created_at"):
        if row.kind == _KIND.ENTERPRISE:
            posts = [
                (role.HR, dice.choice(("人力资源部经理", "人事主管", "招聘经理"))),
                dice.choice(
                    (
                        (role.SIGNATORY, "总经理"),
                        (role.MENTOR, "技术部主管"),
                        (role.TECHNICAL, "总工程师"),
                        (role.MENTOR, "运营部经理"),
                    )
                ),
            ]
        elif row.kind == _KIND.ASSOCIATION:
            posts = [(role.SECRETARIAT, "秘书长"), (role.SIGNATORY, "会长")]
        elif row.kind in (_KIND.GOVERNMENT, _KIND.PARK):
            posts = [
                (role.OTHER, dice.choice(("职业教育处副处长", "综合科科长", "人才服务科科长"))),
                (role.OTHER, "联络员"),
            ]
        else:
            posts = [(role.SIGNATORY, "校长" if row.kind == _KIND.SCHOOL else "主任"), (role.OTHER, "办公室主任")]
        for which, position in posts:
            left = plan.ago(dice.randint(60, 500)) if dice.random() < 0.05 else None
            rows.append(
                Contact(
                    organisation=row,
                    name=names.person(names.sex(0.55), older=dice.random() < 0.4),
                    role=which,
                    position=position,
                    phone=names.mobile(),
                    ends_on=left,
                )
            )
    for number, contact in enumerate(rows):
        contact.email = f"contact{number + 1:05}@example.com" if dice.random() < 0.7 else ""
    entered = {row.pk: row.created_at.date() for row in Organisation.objects.only("pk", "created_at")}
    insert(plan, rows, lambda row: entered[row.organisation_id])
