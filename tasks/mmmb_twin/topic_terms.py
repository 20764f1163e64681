"""Words that only topics of statements need."""

from __future__ import annotations

from collections.abc import Mapping

from evalkit.tasks.mmmb_twin.facts import Language
from evalkit.tasks.mmmb_twin.terms import Term

INSTRUMENTS = (
    Term(
        "cello", "大提琴"), Term("trumpet", "小号"), Term("harp", "竖琴"), Term("accordion", "手风琴"), Term("flute",
        "长笛",
    ),
    Term("banjo", "班卓琴"), Term("clarinet", "单簧管"), Term("drums", "架子鼓", (), ("鼓",)), Term("oboe", "双簧管"),
    Term("violin", "小提琴"), Term("ukulele", "尤克里里"), Term("saxophone", "萨克斯", ("sax",), ("萨克斯管",)),
)  # fmt: skip
FLOWERS = (
    Term("lavender", "薰衣草"), Term("geraniums", "天竺葵"), Term("strawberries", "草莓"), Term("rosemary", "迷迭香"),
    Term(
        "marigolds", "万寿菊"), Term("cherry tomatoes", "小番茄", (), ("圣女果",)), Term("ivy",
        "常春藤"), Term("peonies", "牡丹",
    ),
    Term("sunflowers", "向日葵"), Term("chives", "细香葱"), Term("begonias", "秋海棠"), Term("mint", "薄荷"),
)  # fmt: skip
TREATS = (
    Term(
        "dumplings", "饺子"), Term("paella", "西班牙海鲜饭", (), ("海鲜饭",)), Term("ramen", "拉面"), Term("moussaka",
        "茄子肉酱千层",
    ),
    Term(
        "goulash", "匈牙利炖牛肉"), Term("falafel", "炸鹰嘴豆丸子"), Term("tacos", "墨西哥卷饼"), Term("couscous",
        "古斯米",
    ),
    Term(
        "pierogi", "波兰饺子"), Term("fondue", "奶酪火锅"), Term("shakshuka", "北非蛋"), Term("gnocchi",
        "意式土豆团子",
    ),
)  # fmt: skip
PETS: Mapping[Language, tuple[str, ...]] = {
    "en": (
        "Biscuit",
        "Waffle",
        "Pepper",
        "Mochi",
        "Ziggy",
        "Clover",
        "Tango",
        "Pixel",
        "Nutmeg",
        "Rocket",
        "Maple",
        "Olive",
    ),
    "zh": ("豆包", "汤圆", "年糕", "可乐", "花卷", "芝麻", "布丁", "毛豆", "麻薯", "米粒", "奶茶", "土豆"),
}
SURNAMES: Mapping[Language, tuple[str, ...]] = {
    "en": ("Ms Albright", "Mr Castellan", "Ms Dufresne", "Mr Eklund", "Ms Farrow", "Mr Gantry", "Ms Hollis",
           "Mr Imbert",
           "Ms Jarvela", "Mr Kowalski", "Ms Lindgren", "Mr Mbeki"),
    "zh": ("欧阳老师", "司徒老师", "上官老师", "诸葛老师", "夏侯老师", "尉迟老师", "钟离老师", "慕容老师",
           "令狐老师", "端木老师", "百里老师", "东方老师"),
}  # fmt: skip
WORDS = (
    "maple",
    "river",
    "copper",
    "violet",
    "thunder",
    "pebble",
    "walnut",
    "comet",
    "lantern",
    "meadow",
    "saffron",
    "tundra",
)
