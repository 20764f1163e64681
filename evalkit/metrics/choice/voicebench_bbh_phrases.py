"""The phrases by which VoiceBench reads a verdict in replies to its `bbh` set, in the order they are tried.

Matching facts of MatthewCYM/VoiceBench 5338154 (evaluator/bbh.py, Apache-2.0), in a notation of ours; phrases that can
never decide, because an earlier one always does or their marks are taken out before, are left out. One rule a line:

    phrase => 0           the reply holds it; verdict 0 (no, (a)) or 1 (yes, (b)); (.+?) stands for any words
    with <no|yes> inside  two rules: with the first word verdict 0, then with the second verdict 1
    = phrase              it is the whole reply
    ^ phrase, $ phrase    the reply begins, ends with it (also within a word: "nobody" begins with "no");
                          ␣ is a space
"""

from __future__ import annotations

# Tried first in all sets but hyperbaton.
YES_NO = r"""
answer is <no|yes>
the answer <no|yes>
final answer <no|yes>
i would answer <no|yes>
the answer is without any modification <no|yes>
the answer to the question is <no|yes>
the answer is <false|true>
answer <false|true>
the answer is $\boxed{\text{<false|true>}}$
the answer is \boxed{<no|yes>}
the answer is \boxed{\text{<false|true>}}
the answer is \boxed{\text{<no|yes>}}
i will provide the answer as <no|yes>
prefix answer <no|yes>
conclusion <no|yes>
"""

HYPERBATON = r"""
= a => 0
= b => 0
the answer is (<a|b>)
the correct adjective order is option (<a|b>)
the correct grammatical order is <a|b>
the correct sentence is option (<a|b>)
the sentence with the correct adjectives is <a|b>
correct adjective order options is <a|b>
the correct answer is (<a|b>)
the correct option is (<a|b>)
the correct order of adjectives in the sentence is option <a|b>
the correct sentence would be option (<a|b>)
the correct sentence is (<a|b>)
the proper adjective order is <a|b>
the correct adjective order is (<a|b>)
correct adjective order is <a|b>
the adjectives in option <a|b> are in the correct order
the right adjective order is <a|b>)
the correct adjectivs is (<a|b>)
the right adjective order is (<a|b>)
correct adjectival order is <a|b>
the proper adjective order is (<a|b>)
the correct sentence order is <a|b>
option <a|b> correctly follows the standard adjective order
the answer directly is <a|b>
the correct order would be option <a|b>
final answer should be <a|b>
final answer <a|b>
option (<a|b>) uses the correct adjective sequence
the correct option is option <a|b>
the answer is without any modification <a|b>
the correct one is option <a|b>
answer is without any modification <a|b>
the answer is without any modification option <a|b>
answer is <a|b>
the answer is [<a|b>]
option <a|b> follows the correct adjective order
the correct order of adjectives is <a|b>
option (<a|b>) is the correct answer
the correct order is <a|b>
the correct object order is <a|b>
the correct answer order is <a|b>
the final answer without any modification is <a|b>
the correct sentence is <a|b>
correct adjective order option is <a|b>
correct adjective order is sentence <a|b>
correct objective order option is <a|b>
the answer is is <a|b>
the correct adjective order is option <a|b>
the correct adjective order is provided in option <a|b>
option <a|b> is more accurate
answer is option <a|b>
option <a|b> has the adjectives in the correct order
option <a|b> is closer to being correct
the most logical order is option <a|b>
in option <a|b> the adjectives are in the correct order
sentence <a|b> is the closest to the correct adjective order
option <a|b> has the correct order
sentence <a|b> has a more logical
the closest correct order is option <a|b>
sentence <a|b> has the correct adjective order
option <a|b> is the closest to the typical order
the correct answer would be option <a|b>
the correct option is <a|b>
option <a|b> has a better adjective order
option <a|b> has the correct adjective order
option <a|b> seems to follow the typical order
the correct order is found in option <a|b>
the correct adjective order is in the <first|second> option
the correct adverb order would be <a|b>
the correct answer would be the <a|b>
the correct adjective order is in option <a|b>
the correct adjective order is in sentence <a|b>
the adjectives are in the correct order for <a|b>
the answer is [option <a|b>]
option (<a|b>) has a correct adjective order
the correct sentence would be <a|b>
option <a|b> follows the correct sequence of adjectives
option <a|b> would be closer to the correct order
the correct sentence with the adjective order is <a|b>
option <a|b> is more grammatically correct
option <a|b> would be more correct
option a is incorrect and option b is correct => 1
option <a|b> is the closest match
option b follows the typical order of adjectives => 1
the correct sentence with the adjective order is option <a|b>
the correct sentence is option <a|b>
the correct objective order is in option <a|b>
the answer is option (<a|b>)
the correct option would be (<a|b>)
the correct order is in option <a|b>
the correct adjective order is found in option <a|b>
option (<a|b>) follows the typical order of adjectives
option (<a|b>) has the correct adjective order
option (<a|b>) follows the general adjective order
option (<a|b>) would be more grammatically correct
option <a|b> is the correct
option <a|b> has the correct word order
option <a|b> follows the correct order
following the typical order is the <first|second> option
option <a|b> has a slightly better chance of being correct
the answer is sentence <a|b>
the final answer is (<a|b>)
sentence <a|b> (.+?) seems to have a more logical
the correct adjective order is (.+?) option <a|b>
^ <a|b>␣
^ <a|b>)
"""

WEB_OF_LIES = r"""
the prefix no applies to the statement => 0
veena s statement cannot be true => 0
therefore truly lorene tells the truth => 1
the answer is the truth => 1
affirmatively alejandro tells the truth => 1
answer is (.+?) tells a lie => 0
answer is (.+?) lies => 0
answer is (.+?) says lie => 0
answer is (.+?) doesn t tell the truth => 0
answer is (.+?) does not tell the truth => 0
answer is (.+?) didn t tell the truth => 0
answer is (.+?) tells the truth => 1
answer is (.+?) does tell the truth => 1
answer to the question (.+?) is <no|yes>
from the above steps we can conclude that (.+?) tells the truth => 1
$ does not tell the truth => 0
$ cannot be telling the truth => 0
$ is lying => 0
$ tells the lie => 0
$ is also telling the truth => 1
$ must be lying => 1
$ must be telling the truth => 1
$ tells the truth => 1
$ delfina does tell the truth => 1
$ osvaldo is telling the truth => 1
$ lies => 0
^ <no|yes>
$ <no|yes>
"""

NAVIGATE = r"""
you do not return to the starting point => 0
you are not at the starting point => 0
you haven t moved back to the starting point => 0
you cannot return to the starting point => 0
you return to the starting point => 1
you are not facing the starting point => 0
you haven t returned to the starting point => 0
you end up back at the starting point => 1
you are not back at the starting point => 0
you will not return to the starting point => 0
yes following these instructions => 1
we end up back at the starting point => 1
indeed returns us to the starting point => 1
indeed bring us back to the starting point => 1
you ll end up right back where you started => 1
we ve now returned to the starting point => 1
i have returned to the starting position => 1
the final position is not directly at the starting point => 0
it appears that we did not return to the exact starting point => 0
does not return us to the starting point => 0
i will end up back where i started => 1
indeed return to the starting point => 1
i ll be back where i started => 1
i ll end up back at the starting point => 1
after following these instructions we return to the starting point => 1
we are back at the starting point! => 1
we are now back at the starting point => 1
you ll end up back where you started => 1
we have now returned to the starting point => 1
i ve returned to the starting point => 1
following these instructions will always return us to the starting point => 1
indeed return you to the starting point => 1
the answer is the starting point => 1
following these instructions doesn t return us to the starting point => 0
following these directions does not lead you back to your original starting point => 0
^ <no|yes>
$ <no|yes>
"""

SPORTS = r"""
final answer the sentence is plausible => 1
the answer is directly yes => 1
no the sentence is not possible => 0
the answer is it is not possible => 0
the answer is the sentence is plausible => 1
the sentence is not particularly plausible => 0
the sentence is not plausible => 0
yes the sentence is structurally plausible => 1
is the sentence plausible? yes it is => 1
no the original sentence is not plausible => 0
it s not a plausible => 0
to answer your original question no => 0
making it plausible => 1
making it implausible => 0
it is indeed a plausible sentence => 1
considering these points the sentence is plausible => 1
i would say the sentence is plausible => 1
i would say that the sentence is plausible => 1
i d say it s not entirely plausible => 0
therefore not plausible => 0
making it an implausible statement => 0
the following sentence is not plausible => 0
considering these points the sentence is unlikely to be true => 0
yes the sentence is plausible => 1
based on this analysis the sentence is plausible => 1
considering these points the sentence seems plausible => 1
given the context the sentence is plausible => 1
considering these factors the sentence is plausible => 1
considering these points the sentence is unlikely to be plausible => 0
given the context of sports particularly basketball this sentence is plausible => 1
considering these points the sentence is likely true => 1
considering these elements the sentence is plausible => 1
i would say it s unlikely => 0
it seems unlikely => 0
given this analysis the sentence is plausible => 1
considering these points the sentence is the plausible => 1
the sentence is not entirely possible => 0
the sentence is not entirely accurate => 0
the sentence is not entirely plausible => 0
the answer is plausible => 1
modification of answer not possible => 0
the answer is without any modification no => 0
i would say that the sentence is generally plausible => 1
given these points the sentence is plausible => 1
considering these points the sentence seems to be a plausible => 1
the sentence appears to be a plausible => 1
= not plausible => 0
considering these points the sentence (.+?) is grammatically correct and makes sense => 1
considering these points the sentence (.+?) is plausible => 1
considering these points the sentence (.+?) is unlikely => 0
based on this analysis the sentence (.+?) is plausible => 1
considering these points the sentence (.+?) seems to be a possible => 1
based on these steps the sentence (.+?) is plausible => 1
based on this analysis the sentence (.+?) seems plausible => 1
considering these points the sentence (.+?) appears to be plausible => 1
considering these points the sentence (.+?) seems plausible => 1
the sentence (.+?) is not very plausible => 0
considering these points (.+?) is a plausible sentence => 1
given this information the sentence (.+?) is plausible => 1
given the context the sentence (.+?) is plausible => 1
the sentence (.+?) is flexible and realistic => 1
considering these points the sentence (.+?) is not a plausible statement => 0
the sentence (.+?) is not plausible => 1
^ <no|yes>
^ the following sentence is plausible => 1
$ <no|yes>
"""
