"""Names, numbers and codes of people and organisations who do not exist, each valid by its standard."""

from __future__ import annotations

import random
from datetime import date

from zhixing.intake.identifiers import (
    USCC_ALPHABET,
    identity_check_character,
    organisation_check_character,
    uscc_check_character,
)

# Surnames as frequent as they are in Hainan, where 陈, 王, 林, 符, 吴 lead.
_SURNAMES = (
    "陈陈陈陈陈王王王王林林林林符符符符吴吴吴黄黄黄李李李李张张张周周冯冯邢邢韩云许许郑郑蔡曾曾梁梁邓吉吉羊卢钟麦唐莫何何潘翁"
    "欧刘刘刘杨杨郭谢洪文孙赵朱胡徐高罗叶苏程邱龙温詹柯颜严余万薛"
)
_MALE = (
    "伟强磊军涛斌鹏辉杰勇俊超浩凯健宇翔志明海波文武建国平刚飞龙峰林东光成康星泽瀚博轩睿晨昊然子墨铭家豪嘉诚书德仁裕恒"
)
_FEMALE = "芳娜敏静丽娟艳霞燕玲婷雪慧莹洁琳佳颖倩欣怡雅诗涵梦瑶思妍若彤晓月玉兰秀英海棠椰琼珊蕾薇蓉曼梓萱语桐心如嘉宁"
_OLDER_MALE = (
    "建国",
    "建华",
    "志强",
    "国栋",
    "永福",
    "德胜",
    "文彬",
    "世雄",
    "振海",
    "开明",
    "学军",
    "海生",
    "家栋",
    "启明",
    "兴业",
    "广才",
)
_OLDER_FEMALE = (
    "秀英",
    "玉兰",
    "桂芳",
    "丽华",
    "春梅",
    "美珍",
    "淑琴",
    "爱莲",
    "月娥",
    "惠珍",
    "海燕",
    "琼花",
    "素芬",
    "凤仙",
)
_MOBILE = (
    "133",
    "135",
    "136",
    "138",
    "139",
    "150",
    "151",
    "157",
    "158",
    "177",
    "178",
    "186",
    "187",
    "188",
    "189",
    "198",
)
# Counties of birth on resident ids as they were called then (469003: 儋州 before it became a city of its own rank).
_BIRTHPLACES = (
    "460105",
    "460106",
    "460107",
    "460108",
    "460200",
    "469003",
    "469001",
    "469002",
    "469005",
    "469006",
    "469007",
    "469021",
    "469022",
    "469023",
    "469024",
    "469025",
    "469026",
    "469027",
    "469028",
    "469029",
    "469030",
    "440803",
    "440882",
    "450502",
    "430102",
    "360102",
    "420106",
    "510107",
)


class Names:
    """Hands out names and numbers; a code is never given twice."""

    def __init__(self, dice: random.Random):
        self.dice = dice
        self._given: set[str] = set()

    def person(self, sex: str, *, older: bool = False) -> str:
        """A name for a man ("1") or a woman ("2")."""
        pick = self.dice
        surname = pick.choice(_SURNAMES)
        if older and pick.random() < 0.6:
            return surname + pick.choice(_OLDER_MALE if sex == "1" else _OLDER_FEMALE)
        letters = _MALE if sex == "1" else _FEMALE
        given = pick.choice(letters)
        if pick.random() < 0.82:
            second = pick.choice(letters)
            given += second if second != given or pick.random() < 0.1 else ""
        return surname + given

    def sex(self, men: float = 0.5) -> str:
        return "1" if self.dice.random() < men else "2"

    def mobile(self) -> str:
        return self.dice.choice(_MOBILE) + f"{self.dice.randrange(10**8):08}"

    def resident_id(self, born: date, sex: str) -> str:
        """GB 11643-1999: region, date of birth, a number that is odd for men, check character."""
        while True:
            serial = self.dice.randrange(1, 500) * 2 - (sex == "1")
            first = f"{self.dice.choice(_BIRTHPLACES)}{born:%Y%m%d}{serial:03}"
            if first not in self._given:
                self._given.add(first)
                return first + identity_check_character(first)

    def uscc(self, head: str, region: str) -> str:
        """GB 32100-2015 by `head` (91 a firm, 51 a society, 11 government, 12 an institution) and region."""
        while True:
            if head == "91":
                body = "MA5" + self.dice.choice("RTU") + "".join(self.dice.choices(USCC_ALPHABET, k=4))
            elif head == "51":
                body = f"5{self.dice.randrange(10**7):07}"
            else:
                body = f"0{self.dice.randrange(10**7):07}"
            first = head + region + body
            first += organisation_check_character(body)
            if first not in self._given:
                self._given.add(first)
                return first + uscc_check_character(first)
