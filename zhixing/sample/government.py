"""What government offers and what the college knows of the region: policies, grants, surveys of demand, technology."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from zhixing.partners.models import DemandSurvey, GovernmentPolicy, SupportGrant, TechnologyNote
from zhixing.sample import college_facts as facts
from zhixing.sample.plan import Plan, insert, join
from zhixing.sample.world import World

_EDUCATION, _LABOUR = "海南省教育厅", "海南省人力资源和社会保障厅"
_ALL = tuple(group.code for group in facts.GROUPS)


class Offer(NamedTuple):
    """A policy as it comes back every year under a new number; `grant` is what is won under it."""

    issuer: str
    number: str
    title: str
    money: int | None
    groups: tuple[str, ...]
    summary: str
    grant: str = ""


_OFFERS: dict[str, Offer] = {
    "base": Offer(
        _EDUCATION,
        "琼教职成〔{year}〕37号",
        "关于申报省级产教融合实训基地的通知",
        1_500_000,
        ("ZYQ01", "ZYQ06", "ZYQ09"),
        "支持校企共建集教学、培训、技能认定和技术服务于一体的实训基地，须有企业实际投入。",
        "省级产教融合实训基地建设经费",
    ),
    "resource": Offer(
        _EDUCATION,
        "琼教职成〔{year}〕52号",
        "关于遴选校企合作典型生产实践项目的通知",
        200_000,
        ("ZYQ04", "ZYQ06", "ZYQ10"),
        "遴选来自企业真实生产的实践项目，形成教学资源并推广。",
    ),
    "apprentice": Offer(
        _LABOUR,
        "琼人社发〔{year}〕118号",
        "关于开展企业新型学徒制培训补贴申报的通知",
        480_000,
        ("ZYQ02", "ZYQ03", "ZYQ07"),
        "对与企业签订学徒培养协议并完成培训的院校按人数给予补贴。",
        "企业新型学徒制培训补贴",
    ),
    "integration": Offer(
        "海南省发展和改革委员会",
        "琼发改社会〔{year}〕640号",
        "关于组织申报产教融合型企业培育名单的通知",
        None,
        _ALL,
        "由企业申报，学校出具合作证明；入库企业享受组合式激励。",
    ),
    "seed": Offer(
        "海南省农业农村厅",
        "琼农字〔{year}〕205号",
        "关于支持南繁种业技能人才培养的实施办法",
        600_000,
        ("ZYQ04",),
        "面向南繁基地开展订单培养和在职培训，按合格人数补助。",
        "南繁种业技能人才培养补助",
    ),
    "tourism": Offer(
        "海南省旅游和文化广电体育厅",
        "琼旅文函〔{year}〕331号",
        "关于征集旅游服务质量提升培训承办院校的函",
        260_000,
        ("ZYQ01", "ZYQ02"),
        "面向景区、酒店一线员工开展服务质量培训。",
        "旅游服务质量提升培训经费",
    ),
    "commerce": Offer(
        "海南省商务厅",
        "琼商务〔{year}〕88号",
        "关于申报跨境电商人才实训项目的通知",
        350_000,
        ("ZYQ12",),
        "支持院校与综合试验区企业共建跨境电商实训项目。",
    ),
    "technology": Offer(
        "海南省科学技术厅",
        "琼科〔{year}〕167号",
        "关于发布科技特派员服务项目申报指南的通知",
        150_000,
        ("ZYQ04", "ZYQ05"),
        "选派教师到企业和乡村开展技术服务，按项目给予经费。",
    ),
    "care": Offer(
        "海南省民政厅",
        "琼民发〔{year}〕46号",
        "关于支持养老护理员职业技能培训基地建设的通知",
        300_000,
        ("ZYQ13",),
        "支持院校建设养老护理实训场所并承担培训任务。",
    ),
    "software": Offer(
        "海南省工业和信息化厅",
        "琼工信软件〔{year}〕73号",
        "关于开展数字人才联合培养项目申报的通知",
        400_000,
        ("ZYQ09", "ZYQ10"),
        "鼓励院校与软件园区企业联合培养数字技能人才。",
    ),
}


def make_government(plan: Plan, world: World) -> None:
    make_policies(plan, world)
    make_surveys(plan, world)
    make_notes(plan, world)


def make_policies(plan: Plan, world: World) -> None:
    """Policies of three years: most were decided in time, two wait near their deadline, one was missed last month."""
    status = GovernmentPolicy.Status
    office = world.cast["office"]
    rows: list[GovernmentPolicy] = []
    applies: list[tuple[str, ...]] = []

    def policy(
        key: str, issued: date, deadline: date | None, decision: str, decided: date | None, reason: str = ""
    ) -> GovernmentPolicy:
        offer, year = _OFFERS[key], issued.year
        rows.append(
            GovernmentPolicy(
                number=offer.number.format(year=year),
                title=offer.title if deadline is None else f"{offer.title}（{year}年）",
                issuer=world.governments[offer.issuer],
                issued_on=issued,
                effective_from=issued,
                effective_to=date(year + 2, 12, 31) if deadline is None else None,
                deadline=deadline,
                money=offer.money,
                owner=office,
                summary=offer.summary,
                status=decision,
                decided_on=decided,
                decision_reason=reason,
            )
        )
        applies.append(offer.groups)
        return rows[-1]

    won: list[tuple[Offer, GovernmentPolicy]] = []
    for years in (3, 2, 1):
        first = date(plan.year + 1 - years, 3, 14) if years > 1 else plan.ago(300)
        for number, key in enumerate(
            ("base", "apprentice", "tourism", "technology") if years % 2 else ("base", "apprentice", "resource")
        ):
            issued = first + timedelta(days=17 * number)
            if any(row.number == _OFFERS[key].number.format(year=issued.year) for row in rows):
                continue
            deadline = issued + timedelta(days=45)
            refused = key in ("technology", "resource")
            reason = "本年度没有符合条件的项目负责人，列入下一年储备。" if refused else "条件成熟，由教务处组织申报。"
            row = policy(
                key,
                issued,
                deadline,
                status.IGNORED if refused else status.APPLIED,
                deadline - timedelta(days=12),
                reason,
            )
            if not refused:
                won.append((_OFFERS[key], row))
    policy("software", plan.ago(38), plan.ahead(6), status.OPEN, None)
    policy("commerce", plan.ago(20), plan.ahead(24), status.OPEN, None)
    policy("integration", plan.ago(12), plan.ahead(70), status.OPEN, None)
    policy("care", plan.ago(75), plan.ago(21), status.OPEN, None)
    long_term = policy("seed", plan.ago(420), None, status.APPLIED, plan.ago(400), "长期有效，已列入年度培训计划。")
    written = insert(plan, rows, lambda row: row.issued_on + timedelta(days=4))
    pairs = [(row.pk, world.groups[code].pk) for row, codes in zip(written, applies, strict=True) for code in codes]
    join(GovernmentPolicy.applies_to.through, pairs)
    make_grants(plan, world, [*won, (_OFFERS["seed"], long_term)])


def make_grants(plan: Plan, world: World, won: list[tuple[Offer, GovernmentPolicy]]) -> None:
    """What was won: money under a policy, and other support that names none."""
    dice = plan.dice("grants")
    rows = []
    for offer, policy in won:
        day = policy.deadline + timedelta(days=90) if policy.deadline else plan.ago(150)
        if day > plan.ago(3) or not offer.money:
            continue
        rows.append(
            SupportGrant(
                title=f"{offer.grant}（{policy.issued_on.year}年）",
                grantor=policy.issuer,
                policy=policy,
                unit=world.groups[dice.choice(offer.groups)].unit,
                amount=int(offer.money * dice.choice((0.5, 0.6, 0.8, 1))),
                granted_on=day,
                document=policy.number,
            )
        )
    extra = (
        ("海口市龙华区人民政府", "实训基地周边道路与公交站点建设支持", facts.OFFICE, 0, 520),
        ("海口市人力资源和社会保障局", "职业技能等级认定站点授权", facts.EMPLOYMENT, 0, 410),
        ("三亚市科技工业信息化局", "科技型中小企业服务项目经费", facts.INFORMATION, 120_000, 260),
        ("海口市教育局", "校企协同育人专项补助", facts.BUSINESS, 80_000, 130),
    )
    for name, title, unit, amount, days in extra:
        rows.append(
            SupportGrant(
                title=title,
                grantor=world.governments[name],
                unit=world.units[unit],
                amount=amount,
                granted_on=plan.ago(days),
            )
        )
    insert(plan, rows, lambda row: row.granted_on)


def make_surveys(plan: Plan, world: World) -> None:
    """Each college surveys what the region needs; one survey is more than three years old and has no successor."""
    dice = plan.dice("surveys")
    rows = []
    for number, group in enumerate(facts.GROUPS):
        if group.code == facts.NO_COMMITTEE:
            continue
        ages = (
            (1190,)
            if group.code == "ZYQ05"
            else (700 + 9 * number, 160 + 13 * number)
            if number % 2
            else (330 + 11 * number,)
        )
        for days in ages:
            day = plan.ago(days)
            asked, posts = dice.randint(24, 96), dice.randint(120, 900)
            name = group.name.removesuffix("专业群")
            rows.append(
                DemandSurvey(
                    title=f"海南省{name}人才需求调研报告（{day.year}）",
                    unit=world.units[group.unit],
                    group=world.groups[group.code],
                    surveyed_on=day,
                    sample_size=asked,
                    posts=posts,
                    author=dice.choice(world.faculty[group.unit]),
                    findings=f"走访与问卷{asked}家单位，未来三年新增岗位约{posts}个；企业最看重职业素养、外语和数据应用能力，"
                    f"海口、三亚、琼海三地需求占七成以上，建议{name}方向增加数字化与服务管理课程。",
                )
            )
    insert(plan, rows, lambda row: row.surveyed_on)


_NOTES = (
    (
        "ZYQ01",
        "景区票务与客流预测系统上线",
        "景区改用预约与客流预测，现场岗位减少，数据运营岗位增加。",
        "导游与景区课程加入客流数据分析单元。",
    ),
    (
        "ZYQ02",
        "酒店收益管理与智能客控普及",
        "前厅与客房排班由系统给出，员工需读懂收益与能耗数据。",
        "酒店数字化运营课程增加收益管理实训。",
    ),
    (
        "ZYQ02",
        "预制菜标准进入宴会厨房",
        "宴会厨房使用标准化半成品，配送和复热成为关键工序。",
        "烹饪专业增加食品安全与标准化生产内容。",
    ),
    (
        "ZYQ03",
        "电动行李牵引车与无人引导车试用",
        "机坪保障设备电动化、无人化。",
        "地面服务实训增加新能源特种车操作与安全。",
    ),
    (
        "ZYQ04",
        "水肥一体化与物联网监测",
        "瓜菜基地使用传感器和远程灌溉，人工巡田减少。",
        "现代农业技术增加设备安装与数据读取项目。",
    ),
    (
        "ZYQ05",
        "深远海养殖工船与自动投喂",
        "养殖由近岸转向深远海，自动投喂和水质监测成为必备技能。",
        "水产养殖技术与电气自动化开设联合项目。",
    ),
    (
        "ZYQ06",
        "工业机器人与视觉检测成套应用",
        "食品和制药包装线引入视觉检测，维护岗位要求编程能力。",
        "工业机器人课程增加视觉系统调试。",
    ),
    (
        "ZYQ07",
        "800伏高压平台与换电站扩张",
        "维修岗位需持高压电工证，电池检测业务增长。",
        "新能源汽车技术课程对接高压安全认证。",
    ),
    (
        "ZYQ08",
        "装配式与建筑信息模型交付",
        "构件工厂化生产，施工员需会读模型。",
        "建筑工程技术增加模型深化与现场拼装实训。",
    ),
    (
        "ZYQ09",
        "大模型辅助编程进入软件外包企业",
        "初级编码岗位收缩，测试与需求分析岗位上升。",
        "软件技术课程加入提示工程和代码评审。",
    ),
    ("ZYQ10", "短视频与实时渲染制作流程", "动画与广告制作改用实时引擎，周期缩短。", ""),
    (
        "ZYQ11",
        "数电发票与自动记账",
        "代理记账企业自动化率提高，基础录入岗位减少。",
        "会计专业增加税务风险与数据核查内容。",
    ),
    ("ZYQ12", "跨境电商海外仓与智能分拣", "仓储自动化，选品与合规岗位缺口大。", "跨境电商课程增加合规与关务内容。"),
    (
        "ZYQ13",
        "智慧康养床位与护理机器人",
        "机构使用监测床垫和护理机器人，护理员需会操作。",
        "增设智能康养设备使用单元。",
    ),
)


def make_notes(plan: Plan, world: World) -> None:
    """What changes in the trades, and what teaching makes of it."""
    dice = plan.dice("notes")
    rows = []
    for number, (code, title, change, consequence) in enumerate(_NOTES):
        group = world.groups[code]
        first = max(group.starts_on + timedelta(days=5), plan.ago(700))
        rows.append(
            TechnologyNote(
                title=title,
                group=group,
                organisation=dice.choice(world.firms_of[code]) if number % 4 else None,
                noted_on=min(plan.within(dice, first, plan.ago(5)), plan.ago(1)),
                change=change,
                consequence=consequence,
                author=dice.choice(world.faculty[group.unit.code]),
            )
        )
    insert(plan, rows, lambda row: row.noted_on)
