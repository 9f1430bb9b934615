"""What the sample college's practice is made of: posts by trade, questions of the safety test, and what its story turns on."""

from __future__ import annotations

# (title, tasks, pay in yuan a month) of each college's trades.
POSTS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "T01": (
        ("前厅接待岗", "入住登记、问询与离店结算", 2600),
        ("餐饮服务岗", "宴会摆台、对客服务与餐后整理", 2500),
        ("导游讲解岗", "景区讲解与团队服务", 2400),
        ("地勤服务岗", "值机引导与旅客服务", 2800),
    ),
    "T02": (
        ("种苗繁育岗", "组培接种与苗期管理", 2300),
        ("水产养殖岗", "水质检测与投喂管理", 2500),
        ("畜禽防疫岗", "疫病防控与记录", 2500),
        ("农产品检测岗", "取样与快速检测", 2400),
    ),
    "T03": (
        ("设备维护岗", "设备点检与保养", 3000),
        ("汽车检修岗", "整车检测与维修", 2900),
        ("施工管理岗", "现场资料与质量记录", 2800),
        ("自动化装调岗", "电气装配与调试", 3100),
    ),
    "T04": (
        ("软件测试岗", "用例编写与回归测试", 3200),
        ("运维支持岗", "系统巡检与工单处理", 3000),
        ("视觉设计岗", "物料设计与排版", 2800),
        ("数据标注岗", "数据清洗与标注质检", 2600),
    ),
    "T05": (
        ("财税助理岗", "票据整理与纳税申报辅助", 2600),
        ("电商运营岗", "店铺运营与客户服务", 2700),
        ("仓储物流岗", "出入库与配送调度", 2700),
        ("审计助理岗", "底稿整理与盘点", 2500),
    ),
    "T06": (
        ("幼儿园保教岗", "一日活动组织与配班", 2200),
        ("康养护理岗", "生活照护与活动组织", 2500),
        ("文秘行政岗", "会务与文档管理", 2300),
        ("英语助教岗", "课堂辅助与作业批改", 2400),
    ),
}
# Where firms are: division, longitude and latitude, weight.
PLACES = (
    ("460105", "110.26", "20.00", "海口市秀英区", 5),
    ("460106", "110.33", "20.03", "海口市龙华区", 6),
    ("460107", "110.46", "19.98", "海口市琼山区", 3),
    ("460203", "109.51", "18.25", "三亚市吉阳区", 3),
    ("460400", "109.58", "19.52", "儋州市", 2),
    ("469002", "110.47", "19.26", "琼海市", 1),
)
AIMS = "在真实岗位上完成专业典型工作任务，养成职业规范与安全意识，达到岗位独立上手要求。"
INSURERS = ("中国人民财产保险海南省分公司", "中国太平洋财产保险海口中心支公司")
REPORT = "查阅营业执照与信用记录，走访岗位与宿舍，访谈管理人员，九项内容均符合要求。"
AUTHORITY = "海南省教育厅职业教育与成人教育处"
# Groups whose third-years go in the second batch: placed, and not all of them ready.
SECOND_BATCH = ("ZYQ12", "ZYQ13")
# Groups whose second-years choose their posts these days; those of the others are planned.
CHOOSING = ("ZYQ09", "ZYQ11", "ZYQ02")
# Two majors whose firms ask for people of either: they share posts.
SHARING = ("510203", "510205")
# What stands against the running posts of these groups: night shifts that nobody filed, a unit found in breach meanwhile.
NIGHT_NOT_FILED, FOUND_IN_BREACH, SHORT_INSURANCE = "ZYQ03", "ZYQ06", "ZYQ08"

# (code, question, English, answers, English answers, number of the right one, class of majors)
QUESTIONS: tuple[tuple[str, str, str, str, str, int, str], ...] = (
    (
        "AQ001",
        "实习上岗前必须完成哪一项？",
        "What must be done before an internship begins?",
        "签三方协议并通过安全教育考核\n先上岗再补签\n只需口头同意",
        "Sign the tripartite agreement and pass the safety test\nBegin and sign later\nAgree by word of mouth",
        1,
        "",
    ),
    (
        "AQ002",
        "实习单位要求缴纳押金或培训费，你应当？",
        "The unit asks for a deposit or a training fee. You should?",
        "先交后报销\n拒绝并报告指导教师\n与同学分摊",
        "Pay and claim it back\nRefuse and tell your supervisor\nShare it with classmates",
        2,
        "",
    ),
    (
        "AQ003",
        "发现设备异响、冒烟，第一步是？",
        "A machine makes a strange noise and smokes. First you?",
        "继续作业\n自行拆修\n停机并报告",
        "Go on working\nTake it apart\nStop it and report",
        3,
        "",
    ),
    ("AQ004", "火灾报警电话是？", "Which number reports a fire?", "110\n119\n122", "110\n119\n122", 2, ""),
    (
        "AQ005",
        "火场浓烟中逃生的正确姿势是？",
        "How do you move through smoke?",
        "直立快跑\n弯腰低姿、捂住口鼻\n乘坐电梯",
        "Run upright\nStay low, cover mouth and nose\nTake the lift",
        2,
        "",
    ),
    (
        "AQ006",
        "发现有人触电，首先应当？",
        "Somebody gets an electric shock. First you?",
        "用手拉开\n切断电源\n泼水降温",
        "Pull them away by hand\nCut the power\nPour water",
        2,
        "",
    ),
    (
        "AQ007",
        "实习学生每日工作时间一般不超过？",
        "An intern works at most how many hours a day?",
        "8 小时\n10 小时\n12 小时",
        "8 hours\n10 hours\n12 hours",
        1,
        "",
    ),
    (
        "AQ008",
        "实习报酬应当怎样支付？",
        "How is an internship paid?",
        "由中介代发\n以实物抵付\n以货币按月直接支付给本人",
        "Through an agent\nIn goods\nIn money, monthly, to yourself",
        3,
        "",
    ),
    (
        "AQ009",
        "单位要求上夜班，以下哪项正确？",
        "The unit wants night shifts. Which is right?",
        "无条件服从\n须属专业特殊需要并事先备案\n多发补贴即可",
        "Obey\nOnly for special posts, filed beforehand\nMore pay is enough",
        2,
        "",
    ),
    (
        "AQ010",
        "个人防护用品应当？",
        "Protective equipment is to be?",
        "按规定正确佩戴\n天热可以不戴\n检查时再戴",
        "Worn as prescribed\nLeft off in hot weather\nWorn when inspected",
        1,
        "",
    ),
    (
        "AQ011",
        "实习期间有事需要离岗，应当？",
        "You must be away during the internship. You?",
        "直接离开\n同时向企业导师和校内指导教师请假\n让同学代说",
        "Just leave\nAsk both mentor and supervisor for leave\nLet a classmate tell",
        2,
        "",
    ),
    (
        "AQ012",
        "发生工伤，下列处置正确的是？",
        "After an accident at work, which is right?",
        "隐瞒不报\n立即救治并报告单位和学校\n回家休息",
        "Keep silent\nGet help at once and report to unit and school\nGo home",
        2,
        "",
    ),
    (
        "AQ013",
        "上下班乘坐哪种车辆最不安全？",
        "Which ride to work is the least safe?",
        "公交车\n无牌无证车辆\n单位班车",
        "A bus\nAn unlicensed vehicle\nThe unit's coach",
        2,
        "",
    ),
    (
        "AQ014",
        "单位扣押身份证，你应当？",
        "The unit keeps your identity card. You?",
        "同意\n拒绝并报告学校\n用学生证代替",
        "Agree\nRefuse and tell the school\nGive the student card",
        2,
        "",
    ),
    (
        "AQ015",
        "收到“刷单返利”兼职信息，应当？",
        "A job offers rebates for fake orders. You?",
        "先垫小额试试\n不参与并举报\n转发同学",
        "Try a small sum\nKeep out and report it\nForward it",
        2,
        "",
    ),
    (
        "AQ016",
        "灭火器的正确使用顺序是？",
        "How is an extinguisher used?",
        "拔销、对准火焰根部、压下压把\n直接喷向火焰顶部\n摇晃后投掷",
        "Pull the pin, aim at the base, press\nSpray at the top\nShake and throw",
        1,
        "",
    ),
    (
        "AQ017",
        "高温天气作业出现头晕、恶心，应当？",
        "In the heat you feel dizzy and sick. You?",
        "坚持完成\n转移到阴凉处休息补水并报告\n喝冰酒",
        "Finish the work\nRest in the shade, drink, report\nDrink iced liquor",
        2,
        "",
    ),
    (
        "AQ018",
        "不同意学校安排的实习单位，可以？",
        "You do not agree to the unit arranged. You may?",
        "被迫前往\n自行选择单位并经学校批准\n放弃毕业",
        "Be made to go\nFind a unit and have it approved\nGive up the degree",
        2,
        "",
    ),
    (
        "AQ019",
        "实习责任保险的保费由谁承担？",
        "Who pays for the liability insurance?",
        "学生\n学校或实习单位\n家长",
        "The student\nThe school or the unit\nThe parents",
        2,
        "",
    ),
    (
        "AQ020",
        "离开工作岗位前应当？",
        "Before leaving your post you?",
        "关闭电源、气源并交接\n直接下班\n留给下一班",
        "Switch off power and gas, hand over\nJust leave\nLeave it to the next",
        1,
        "",
    ),
    (
        "AQ021",
        "厨房油锅起火，应当？",
        "A pan of oil catches fire. You?",
        "泼水\n盖锅盖并关火\n端锅外跑",
        "Pour water\nPut on the lid, turn it off\nRun out with it",
        2,
        "54",
    ),
    (
        "AQ022",
        "进入有限空间作业前必须？",
        "Before entering a confined space you must?",
        "先通风、再检测、后作业\n直接进入\n只戴口罩",
        "Air, measure, then work\nGo in\nWear a mask",
        1,
        "46",
    ),
    (
        "AQ023",
        "登高作业必须？",
        "Work at height requires?",
        "系好安全带并有人监护\n踩稳即可\n快速完成",
        "A harness and a watcher\nA firm step\nHaste",
        1,
        "44",
    ),
    (
        "AQ024",
        "处理客户数据时应当？",
        "With customers' data you?",
        "拷贝留存\n按授权使用，不得外传\n发到群里求助",
        "Keep a copy\nUse as authorised, pass nothing on\nPost it in a group",
        2,
        "51",
    ),
)

# Weeks, visits and cases while placements run -------------------------------------------------------------------------

WEEK_DONE = (
    "本周跟随师傅完成%(post)s工作%(number)s次",
    "独立处理%(post)s任务%(number)s件",
    "参加岗位培训并完成%(post)s实操%(number)s次",
    "协助班组完成%(post)s%(number)s项",
    "按规程完成%(post)s日常工作，登记%(number)s条",
    "轮到新的班组，做了%(number)s次%(post)s练习",
)
WEEK_LEARNT = (
    "熟悉了交接班流程",
    "学会了填写记录表",
    "对客户沟通更有把握",
    "发现速度还不够，下周继续练",
    "师傅指出了两处不规范",
    "了解了安全操作要点",
    "第一次独立完成全流程",
    "与同事配合更顺了",
    "记下了容易出错的环节",
    "参加了一次班前会",
)
WEEK_COPIED = "本周在岗实习，认真完成各项工作任务，收获很大。"
WEEK_COMMENTS = ("记录具体，继续保持", "注意劳逸结合", "下周和企业导师再对一次流程", "有问题及时联系我")
VISIT_FINDINGS = (
    "学生在岗，岗位与专业对口，带教到位，食宿安排妥当。",
    "与企业导师交流，学生上手较快，工时符合协议约定。",
    "查看考勤与安全培训记录，学生反映良好。",
    "走访宿舍和工位，环境整洁，防护用品齐全。",
)
VISIT_PROBLEMS = (
    "个别学生对轮岗安排有疑问。",
    "旺季加班偏多，已提醒企业按协议执行。",
    "一名学生适应较慢，需加强沟通。",
)
LEAVE_REASONS = ("感冒发热，医嘱休息", "回校办理毕业手续", "家中老人住院，需陪护", "参加专升本报名确认")
CHANGE_REASONS = ("身体原因不适合夜班，申请提前结束", "准备专升本考试，申请提前结束", "企业部门调整，岗位取消")
# (code, source, subject, text, days ago, answer)
COMPLAINTS = (
    ("K7QM", "student", "hours", "旺季连续两周每天工作超过十小时。", 24, "已约谈企业，恢复每日八小时，并安排补休。"),
    ("3VXB", "guardian", "safety", "宿舍电路老化，担心安全。", 12, "已与企业现场查看，线路已更换，照片附后。"),
    ("P9RT", "student", "pay", "上月实习报酬晚发了十天。", 3, ""),
    ("W4HN", "guardian", "conduct", "孩子反映班组长言语粗暴。", 1, ""),
)
# (kind, severity, what happened, measures, days ago, status)
INCIDENTS = (
    ("injury", "light", "搬运物料时手指擦伤，企业医务室处理。", "已包扎，调整为轻体力工作两天。", 30, "closed"),
    ("illness", "serious", "突发急性肠胃炎，送当地医院。", "当日出院，指导教师到院看望，已通知家长。", 16, "closed"),
    ("traffic", "serious", "下班途中骑行摔倒，右臂骨折。", "已住院手术，启动实习责任保险理赔。", 9, "handled"),
    ("injury", "serious", "操作时热油溅伤手背，已送医处理。", "", 1, "open"),
)
SAID: dict[str, tuple[str, ...]] = {
    "firm": ("踏实肯学，能独立顶岗。", "责任心强，团队配合好。", "技能上手快，规范意识还要加强。"),
    "school": ("完成实习任务，周记认真。", "岗位适应良好。", "过程材料齐全，达到实习目标。"),
    "student": ("师傅耐心，学到了真本事。", "轮岗机会不多，希望再丰富些。", "企业氛围好，愿意留下工作。"),
}

# What the leader of a practice confirms by name (I-17, I-30, I-34).
DUTIES = {
    "voluntary": "学生自主填报志愿，可自行选择单位；学校未从实习组织中收取任何费用。",
    "evaluation": "成绩由校企双方评价和过程材料合成，不套用企业员工考勤与考核标准。",
}
CHANNEL = {"complaints": "教务处实习管理岗专人受理，五个工作日内答复。"}
# The college's own numbers: the office on duty, and those of its supervisors, of which the last two digits are added.
DUTY_PHONE, OFFICE = "0898-65701200", "0898-657018"
SLIP = "{name}  {month} 实习报酬\n应发 2,800.00 元  实发 2,800.00 元\n发放日期 {day}"
HOTLINE, HOTMAIL = "0898-65701234", "shixi-jubao@example.edu.cn"
