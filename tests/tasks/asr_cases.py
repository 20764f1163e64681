"""Utterances of every recognition task, with answers whose errors were counted by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Case:
    """An utterance: transcript as published, an answer, and its errors over the reference's tokens."""

    text: str
    answer: str
    errors: int
    tokens: int


Cases = Mapping[str, Sequence[Case]]


def rate(cases: Sequence[Case]) -> Fraction:
    """Corpus error rate in %."""
    return Fraction(100 * sum(case.errors for case in cases), sum(case.tokens for case in cases))


MANDARIN = (
    Case("我有二十个苹果", "我有20个苹果。", 0, 7),  # cn_tn reads digits, punctuation is no token
    Case("他说台湾很美", "他說臺灣很美", 3, 6),  # nothing makes traditional characters simplified
    Case("OK好的", "ok好的", 0, 3),  # a Latin word is one token
)
ENGLISH = (
    Case("MISTER SMITH DON'T STOP", "Mr. Smith, do not stop.", 0, 5),
    Case("THE CAT SAT", "the cat sit", 1, 3),
)
FLEURS: Cases = {
    "ar_eg": [Case("مرحبا بكم", "مرحبا بك", 1, 2)],
    "yue_hant_hk": [Case("佢哋係邊個", "佢哋系边个", 0, 5)],
    "cmn_hans_cn": [Case("今 天 天 气 很 好", "今天天气真好。", 1, 6), Case("他 用 iphone", "他用iPhone", 0, 3)],
    "nl_nl": [Case("het is een mooie dag", "Het is een mooi dag.", 1, 5)],
    "en_us": [
        Case("the colour of the sea", "The color of the sea.", 0, 5),
        Case("do not stop", "Don't stop!", 0, 3),
        Case("good morning", "good evening", 1, 2),
    ],
    "fr_fr": [Case("l'été c'est fini", "L'été, c'est fini !", 0, 5)],
    "de_de": [Case("guten morgen zusammen", "Guten Abend zusammen", 1, 3)],
    "id_id": [Case("selamat pagi dunia", "selamat pagi", 1, 3)],
    "it_it": [Case("buona sera a tutti", "Buona sera a tutti.", 0, 4)],
    "ja_jp": [Case("今日は良い天気です", "今日はいい天気です。", 1, 9)],
    "ko_kr": [Case("안녕 하세요", "안녕하세요", 2, 2)],
    "ms_my": [Case("selamat datang", "selamat datang", 0, 2)],
    "pt_br": [Case("bom dia a todos", "Bom dia, todos", 1, 4)],
    "ru_ru": [Case("доброе утро", "Доброе утро!", 0, 2)],
    "es_419": [Case("buenos días", "buenas días", 1, 2)],
    "th_th": [Case("สวัสดี", "สวัสดี", 0, 6)],
    "tr_tr": [Case("günaydın arkadaşlar", "günaydın arkadaş", 1, 2)],
    "ur_pk": [Case("صبح بخیر", "صبح بخیر۔", 0, 2)],
    "vi_vn": [Case("xin chào các bạn", "Xin chào bạn", 1, 4)],
}
LYRICS = (
    Case("我愛你中國", "我爱你\n中国", 0, 5),
    Case("春天在哪裡", "春天\r\n在哪裡\n", 0, 5),  # both sides are converted
    Case("月亮代表我的心", "月亮代表你的心", 1, 7),
)

CASES: dict[str, Cases] = {
    "librispeech": {
        "dev_clean": [Case("A QUIET DAY", "A quiet day.", 0, 3)],
        "dev_other": [Case("HE SAID IT'S TWENTY ONE PERCENT", "he said it is 21%", 0, 5)],
        "test_clean": ENGLISH,
        "test_other": [Case("THE COLOUR OF HONEY", "the color off honey", 1, 4), Case("NO", "", 1, 1)],
    },
    "wenetspeech": {"test_net": MANDARIN, "test_meeting": [Case("开会了", "开会啦吗", 2, 3)]},
    "aishell1": {"test": [Case("今天 天气 很 好", "今天天气真好", 1, 6), Case("二零零八年 八月", "2008年8月", 0, 7)]},
    "aishell2": {"ios": MANDARIN},
    "fleurs": FLEURS,
    "childmandarin": {"test": [Case("妈妈我要吃糖", "妈妈我要糖", 1, 6), Case("不要", "不要啊啊", 2, 2)]},
    "common_voice_15": {
        "en": [Case("Hello, world!", "hello world", 0, 2), Case('"Stop," he said.', "Stop he says.", 1, 3)],
        "zh": [Case("我用OK键。", "我用OK键", 0, 5), Case("真的吗？", "真地吗", 1, 3)],  # Latin letters are characters
    },
    "mir_1k": {"vocal_only": LYRICS},
    "opencpop": {"test": [Case("感受停在我发端的指尖", "感受停在\n我发端的手尖", 1, 10), Case("如何", "如何", 0, 2)]},
}
