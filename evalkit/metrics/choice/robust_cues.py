"""Turns of phrase by which `robust` finds where a reply gives its answer, and what denies an option; many languages.

All patterns are for text in lower case. They begin with plain characters where they are searched for, which is what
makes the search fast.
"""

from __future__ import annotations

import re

_TO_BE = r"""(?: \s* \b (?: is | would \s be | should \s be | must \s be | has \s to \s be ) \b (?! \s+ not \b )
        (?: \s+ (?: therefore | thus | clearly | likely | probably | most \s likely | definitely | certainly | indeed
          | simply | obviously | actually | just ) \b )? \s* :? | \s* (?: [:=→] | -> | [-–—] (?= \s ) ) )"""
_NOUN = rf"(?: answer | option | choice ) s? (?: \s+ to \s+ (?: the | this | your ) \s+ question )? {_TO_BE}"
_VERB = r"""(?: say | choosing | choose | pick | select | answer | vote \s for | go \s with | going \s with )
        \b \s* :? \s* (?: (?: it | that ) (?: 's | \s is ) \b )?"""
_OTHERS = r"""
    (?: 答案 | 选项 | 選項 | 答え | 正解 | 解答 | 回答 ) (?: 应该 | 應該 | 应当 | 应 | 就 | 可能 | 最可能 )?
        (?: \s* (?: 是 | 为 | 為 | は | 选 | 選 ) | \s* : ) \s* :?
  | (?: 选择? | 選擇? | 挑 ) (?! [项項中出自] ) \s* :?
  | (?: 정답 | 답변 | 답 ) (?: 은 | 는 | \s* : )
  | (?: respuesta | opción ) (?: \s correcta )? (?: \s es \b | \s* : )
  | réponse (?: \s correcte )? (?: \s est \b | \s* : )
  | (?: antwort | lösung ) (?: \s ist \b | \s lautet \b | \s* : ) \s* :?
  | resposta (?: \s (?: correta | certa ) )? (?: \s é \b | \s* : )
  | risposta (?: \s (?: corretta | giusta ) )? (?: \s è \b | \s* : )
  | (?: antwoord | odpowiedź | odpověď | svaret | svar | vastaus | cevap | válasz )
        (?: \s (?: is | to | je | är | er | on ) \b | \s* : )
  | (?: jawaban (?: nya )? | đáp \s án ) (?: \s (?: yang \s benar | đúng ) )? (?: \s (?: adalah | là ) | \s* : )
  | (?: ответ | відповідь ) \s* [:—–-]
  | (?: الإجابة | الجواب ) (?: \s الصحيحة )? (?: \s هي | \s هو | \s* : )
  | (?: उत्तर | जवाब ) (?: \s है | \s* : ) | คำตอบ (?: ที่ถูกต้อง )? (?: คือ | \s* : )
  | התשובה (?: \s הנכונה )? (?: \s היא | \s* : ) | απάντηση (?: \s είναι | \s* : )
"""
# The answer comes right behind.
BEFORE_ANSWER = re.compile(rf"(?: {_NOUN} | (?: correct | right ) \s* : | {_OTHERS} ) \s*", re.VERBOSE)
# The same, where the reply speaks of itself ("I would choose").
CHOOSES = re.compile(_VERB + r"\s*", re.VERBOSE)
I_WOULD = re.compile(r"(?<![\w'])i(?: ?'d| would| will| ?'ll| ?'m)?(?: have to| definitely| therefore)? \Z")
# Where to try them: each begins with one of these.
TRIGGER = re.compile(
    "answer|option|choice|correct|right|say|choos|pick|select|vote|go |going |答案|选|選|答え|正解|解答|回答|挑|정답|답"
    "|respuesta|opción|réponse|antwort|lösung|resposta|risposta|antwoord|odpowiedź|odpověď|svar|vastaus|cevap|válasz"
    "|jawaban|đáp án|ответ|відповідь|الإجابة|الجواب|उत्तर|जवाब|คำตอบ|התשובה|απάντηση"
)
# Before a word that means to choose, these say that the reply does not.
DOES_NOT = re.compile(r"(?:不|不能|不要|不应|不应该|排除|非|没|筛|候)\Z")

# The answer stands right before ("B is correct", "B选项正确").
BEHIND_ANSWER = re.compile(
    r"""[\s)"'\]）」]* (?: (?: is | would \s be | must \s be | seems | appears \s to \s be ) \s+
            (?: therefore \s+ | clearly \s+ )? (?: the \s+ )? (?: most \s+ | best \s+ )?
            (?: likely \s+ | appropriate \s+ )? (?: correct | right | best | answer | accurate | appropriate ) \b
      | 选?项? \s* (?: 是 | 为 )? \s* (?: 最 )? (?: 正确 | 对的 | 合适 )
      | (?: が | は ) \s* 正解 | (?: 가 | 이 ) \s* 정답 )""",
    re.VERBOSE,
)
BEHIND_TRIGGER = re.compile(
    r"(?:is|be|to be|seems|the|most|best|likely|appropriate|therefore|clearly) (?:correct|right|best"
    r"|answer|accurate|appropriate)|正确|对的|合适|正解|정답"
)

# What comes right behind is a condition or a denial, not an answer.
UNMEANT = re.compile(
    r"""(?: (?: \b (?: if | whether | why | unless | suppose | assuming | not | cannot | never | neither ) | n't ) \b
            [^.;:!?\n,]* | (?: 如果 | 假如 | 是否 | 不是 | 并非 | 若 ) [^。；，,\n]* ) \Z""",
    re.VERBOSE,
)
# What follows is denied; articles and the like may stand between.
DENIED_BEFORE = re.compile(
    r"""(?: \b (?: not | isn't | aren't | wasn't | doesn't | don't | never | neither | nor | no | without | except
          | than | instead \s of | unlike | exclud\w* | eliminat\w* | discard\w* | reject\w* | rul\w+ \s out )
        | n't | 不是 | 并非 | 而非 | 排除 | 不选 | 不選 | 不会是 | 没有 | 不 | 非 )
        (?: \s+ (?: a | an | the | it | be | is | to | that | of | option | choice | answer | any | really | likely
              | describe | sound \s like ) \b
          | \s* (?: 选项 | 選項 | 选 | 项 ) )* [\s("'\[（「]* \Z""",
    re.VERBOSE,
)
DENIED_BEHIND = re.compile(
    r"""[\s)"'\]）」:]* (?:
          (?: (?: is | are | was | were | seems | looks | can | could | does | do | would | should | must ) \s+
              (?: (?: also | clearly | obviously | therefore | definitely ) \s+ )?
              (?: not | be \s+ (?: ruled | eliminated | excluded ) | wrong | incorrect | false | unlikely | implausible
                | ruled \s out | eliminated | excluded | out )
            | isn't | aren't | wasn't | doesn't | don't | can't | cannot | couldn't | wouldn't | wrong | incorrect ) \b
          | (?: 选?项? ) \s* (?: 是 | 也 | 都 )* \s* (?: 错 | 不 | 误 | 排除 | ではな | 아니 ) )""",
    re.VERBOSE,
)
# Behind one of these a capital that stands alone is a letter; behind another word it may be a name ("vitamin C").
BEFORE_LETTER = re.compile(
    r"""(?: \A | \n | [^\w\s'] | [^\x00-ɏ] | 's
          | \b (?: is | be | are | it | and | or | nor | not | but | than | rather | neither | either | both | say
              | choose | chose | pick | select | between | with | to | as | so | therefore | thus | option | answer
              | ist | est | es | è | é | zu | wähle | und | oder | ou | o | y | et ) )
        \s* \Z""",
    re.VERBOSE,
)
# Between two options: the reply offers both.
OR = re.compile(
    r"\s*(?:,\s*)?(?:/|&|,|、|\bor\b|\band\b|或者?|和|与|及|还是|または|と|또는|\boder\b|\bou\b|\bo\b|\bили\b)"
    r"\s*(?:option\b|choice\b|选项)?\s*"
)
# Answers by themselves at the beginning of a reply: "Yes, because ..."
SAYS_BY_ITSELF = frozenset({
    "yes", "no", "true", "false", "correct", "incorrect", "right", "wrong", "是", "否", "是的", "不是", "对", "错",
    "正确", "错误", "はい", "いいえ", "예", "아니요", "네", "sí", "si", "oui", "non", "ja", "nein", "да", "нет",
    "sim", "não",
})  # fmt: skip
