"""Turns of phrase by which `robust` finds where a reply gives its answer, and what denies an option; many languages."""

from __future__ import annotations

import re

_ENGLISH = r"""
    (?<! [\w-] ) (?: (?: correct | right | best | final | likely | appropriate | accurate ) \s+ )*
        (?: answer | option | choice ) s? (?: \s+ to \s+ (?: the | this | your ) \s+ question )?
        \s* (?: \b (?: is | would \s be | should \s be | must \s be | has \s to \s be ) \b (?! \s+ not \b )
                (?: \s+ (?: therefore | thus | clearly | likely | probably | most \s likely | definitely | certainly
                     | indeed | simply | obviously | actually | just ) \b )? \s* :? | [:=→] | -> ) \s*
  | \b i (?: \s* 'd | \s would | \s will | \s* 'll | \s* 'm )? \s+
        (?: say | choose | pick | select | go \s with | answer | vote \s for | going \s with | choosing )
        \b \s* :? \s* (?: (?: it | that ) (?: 's | \s is ) \s+ )?
  | \b (?: correct | right ) \s* : \s*
"""
_OTHERS = r"""
    (?: 正确 | 最佳 | 最终 | 標準 | 标准 | 正確 )? (?: 的 )?
        (?: 答案 | 选项 | 選項 | 答え | 正解 | 解答 | 回答 )
        (?: 应该 | 應該 | 应当 | 应 | 就 | 可能 | 最可能 )?
        (?: \s* (?: 是 | 为 | 為 | は | 选 | 選 ) | \s* : ) \s* :? \s*
  | (?<! [不排非没筛候] ) (?<! 不能 ) (?<! 不要 ) (?<! 不应 ) (?: 选择? | 選擇? | 挑 ) (?! [项項中出自] ) \s* :? \s*
  | (?: 정답 | 답변 | 답 ) (?: 은 | 는 | \s* : ) \s*
  | \b (?: la \s )? (?: respuesta | opción ) (?: \s correcta )? (?: \s es | \s* : ) \s*
  | \b (?: la \s )? (?: bonne \s )? réponse (?: \s correcte )? (?: \s est | \s* : ) \s*
  | \b (?: antwort | lösung ) (?: \s ist | \s lautet | \s* : ) \s* :? \s*
  | \b (?: a \s )? resposta (?: \s (?: correta | certa ) )? (?: \s é | \s* : ) \s*
  | \b (?: la \s )? risposta (?: \s (?: corretta | giusta ) )? (?: \s è | \s* : ) \s*
  | \b (?: antwoord | odpowiedź | odpověď | svar | svaret | vastaus | cevap | válasz )
        (?: \s (?: is | to | je | är | er | on ) \b | \s* : ) \s*
  | \b (?: jawaban (?: nya )? | đáp \s án ) (?: \s (?: yang \s benar | đúng ) )? (?: \s (?: adalah | là ) | \s* : ) \s*
  | (?: правильный \s | верный \s )? ответ \s* [:—–-] \s* | (?: правильна \s )? відповідь \s* [:—–-] \s*
  | (?: الإجابة | الجواب ) (?: \s الصحيحة )? (?: \s هي | \s هو | \s* : ) \s*
  | (?: उत्तर | जवाब ) (?: \s है | \s* : ) \s* | (?: คำตอบ ) (?: ที่ถูกต้อง )? (?: คือ | \s* : ) \s*
  | (?: התשובה ) (?: \s הנכונה )? (?: \s היא | \s* : ) \s* | (?: απάντηση ) (?: \s είναι | \s* : ) \s*
"""
# what comes right behind is the answer
BEFORE_ANSWER = re.compile(_ENGLISH + " | " + _OTHERS, re.IGNORECASE | re.VERBOSE)

# what stands right before is the answer ("B is correct", "B选项正确")
BEHIND_ANSWER = re.compile(
    r"""\s* (?: (?: is | would \s be | must \s be | seems | appears \s to \s be ) \s+ (?: therefore \s+ | clearly \s+ )?
          (?: the \s+ )? (?: most \s+ | best \s+ )? (?: likely \s+ | appropriate \s+ )?
          (?: correct | right | best | answer | accurate | appropriate ) \b
      | 选?项? \s* (?: 是 | 为 )? \s* (?: 最 )? (?: 正确 | 对的 | 合适 )
      | (?: が | は ) \s* 正解 | (?: 가 | 이 ) \s* 정답 )""",
    re.IGNORECASE | re.VERBOSE,
)

# a reading right behind one of these is a condition or a denial, not an answer
UNMEANT = re.compile(
    r"""(?: \b (?: if | whether | why | unless | suppose | assuming | not | n't | cannot | can't | never | neither )
        \b [^.;:!?\n,]* | (?: 如果 | 假如 | 是否 | 不是 | 并非 | 若 ) [^。；，,\n]* ) \Z""",
    re.IGNORECASE | re.VERBOSE,
)
# what follows is denied; letters and articles may stand between
DENIED_BEFORE = re.compile(
    r"""(?: \b (?: not | isn't | aren't | wasn't | doesn't | don't | never | neither | nor | no | without | except
          | than | instead \s of | unlike | exclud\w* | eliminat\w* | discard\w* | reject\w* | rul\w+ \s out )
        | n't | 不是 | 并非 | 而非 | 排除 | 不选 | 不選 | 不会是 | 没有 | 不 | 非 )
        (?: \s+ (?: a | an | the | it | be | is | to | option | choice | answer | any | really | likely
              | describe | sound \s like ) \b
          | \s* (?: 选项 | 選項 | 选 | 项 ) )* [\s("'\[（「]* \Z""",
    re.IGNORECASE | re.VERBOSE,
)
DENIED_BEHIND = re.compile(
    r"""[\s)"'\]）」:]* (?:
          (?: (?: is | are | was | were | seems | looks | can | could | does | do | would | should | must ) \s+
              (?: (?: also | clearly | obviously | therefore | definitely ) \s+ )?
              (?: not | be \s+ (?: ruled | eliminated | excluded ) | wrong | incorrect | false | unlikely | implausible
                | ruled \s out | eliminated | excluded | out )
            | isn't | aren't | wasn't | doesn't | don't | can't | cannot | couldn't | wouldn't | wrong | incorrect ) \b
          | (?: 选?项? ) \s* (?: 是 | 也 | 都 )* \s* (?: 错 | 不 | 误 | 排除 | ではな | 아니 ) )""",
    re.IGNORECASE | re.VERBOSE,
)
# a capital that stands alone behind one of these is a letter; behind another word it may be a name ("vitamin C")
BEFORE_LETTER = re.compile(
    r"""(?: \A | \n | [^\w\s'] | [^\x00-ɏ] | 's
          | \b (?: is | be | are | it | and | or | nor | not | but | than | rather | neither | either | both | say
              | choose | chose | pick | select | between | with | to | as | so | therefore | thus | option | answer | ist | est
              | es
              | è | é | zu | wähle | und | oder | ou | o | y | et ) )
        \s* \Z""",
    re.IGNORECASE | re.VERBOSE,
)
# between two options: the reply offers both
OR = re.compile(
    r"\s*(?:,\s*)?(?:/|&|,|、|\bor\b|\band\b|或者?|和|与|及|还是|または|と|또는|\boder\b|\bou\b|\bo\b|\bили\b)"
    r"\s*(?:option\b|choice\b|选项)?\s*",
    re.IGNORECASE,
)
# words that answer a question by themselves at the beginning of a reply: "Yes, because ..."
SAYS_BY_ITSELF = frozenset(
    """yes no true false correct incorrect right wrong 是 否 是的 不是 对 错 正确 错误 はい いいえ 예 아니요 네
    sí si oui non ja nein да нет sim não""".split()
)
