"""Language codes: data sets and toolkits spell a language in many ways, evalkit in one."""

from __future__ import annotations

from functools import cache

from evalkit.core.errors import EvalkitError, UnknownNameError


class UnsupportedLanguageError(EvalkitError):
    """The official program behind a profile has no rule for the language."""


# First the 19 languages of the FLEURS average that omni-model reports print; then all two-letter codes of ISO 639-1,
# among them every one of Whisper and Common Voice; then longer codes of Whisper, FLEURS, Common Voice and multilingual
# synthesis sets, and Chinese languages.
_CODES = """
    ar yue zh nl en fr de id it ja ko ms pt ru es th tr ur vi
    aa ab ae af ak am an as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da dv dz ee el eo et eu fa
    ff fi fj fo fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia ie ig ii ik io is iu jv ka kg ki kj kk kl km kn kr
    ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr mt my na nb nd ne ng nn no nr nv ny oc oj om or os
    pa pi pl ps qu rm rn ro rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg ti tk tn to ts tt tw ty
    ug uk uz ve vo wa wo xh yi yo za zu
    ace ady ast awa bal bas bbc bci ber bho bin brx bxr byv ceb chr ckb cnh crh dag dar dav din doi dyu eko ewo fil frp
    fur gan gom guc haw hak hil hmn hsb hyw ilo inh izh jbo kaa kab kam kbd kea kjh kln kmr kok koi kpv krc ksw lad lez
    lij ltg lus luo lzz mai mdf mad mhr min mni mnw mos mrj msi myv nah nan nap nhe nhi nia nod nso nyn nyu pap pcd pcm
    pwn quc quy qxp rcf rup sah sat scn sdh shn sjn skr sma smj sms smn snv sot srd syr szl tig tlh tok tpi trv tsi tvl
    tyv tui udm umb uum vec vep vmw vot war wep wuu xal xmf yrl yua zgh zza dsb cjk nds pms bar als
"""
_KNOWN = frozenset(_CODES.split())

# Written without spaces between words, so counted by characters.
UNSPACED = frozenset(
    ("zh", "yue", "wuu", "nan", "hak", "gan", "ja", "th", "lo", "my", "km", "bo", "dz", "shn", "nod", "mnw", "ii")
)

_NAMES = """
    af afrikaans am amharic as assamese az azerbaijani ba bashkir be belarusian bg bulgarian bn bengali bo tibetan
    br breton bs bosnian ca catalan ca valencian cs czech cy welsh da danish el greek et estonian eu basque fa persian
    fi finnish fo faroese gl galician gu gujarati haw hawaiian ha hausa he hebrew hi hindi hr croatian ht haitian
    hu hungarian hy armenian is icelandic jv javanese ka georgian kk kazakh km khmer kn kannada la latin
    lb luxembourgish lb letzeburgesch ln lingala lo lao lt lithuanian lv latvian mg malagasy mi maori mk macedonian
    ml malayalam mn mongolian mr marathi mt maltese my myanmar my burmese ne nepali nl flemish nn nynorsk no norwegian
    oc occitan pa punjabi pa panjabi pl polish ps pashto ps pushto ro romanian ro moldavian ro moldovan sa sanskrit
    sd sindhi si sinhala si sinhalese sk slovak sl slovenian sn shona so somali sq albanian sr serbian su sundanese
    sv swedish sw swahili ta tamil te telugu tg tajik tk turkmen fil tagalog fil filipino tt tatar uk ukrainian
    uz uzbek yi yiddish yo yoruba es castilian
"""
_NAMED = _NAMES.split()
_ALIASES = dict(zip(_NAMED[1::2], _NAMED[::2], strict=True)) | {
    "jw": "jv", "tl": "fil", "tgl": "fil", "iw": "he", "in": "id", "ji": "yi", "mo": "ro", "haitian creole": "ht",
    "lao": "lo", "mya": "my", "bur": "my", "khm": "km", "bod": "bo", "tib": "bo", "aze": "az", "azj": "az",
    "cmn": "zh", "zho": "zh", "chi": "zh", "cn": "zh", "chinese": "zh", "mandarin": "zh",
    "cantonese": "yue",
    "eng": "en", "english": "en",
    "jpn": "ja", "jp": "ja", "japanese": "ja",
    "kor": "ko", "kr": "ko", "korean": "ko",
    "ara": "ar", "arb": "ar", "arabic": "ar",
    "nld": "nl", "dut": "nl", "dutch": "nl",
    "fra": "fr", "fre": "fr", "french": "fr",
    "deu": "de", "ger": "de", "german": "de",
    "ind": "id", "indonesian": "id",
    "ita": "it", "italian": "it",
    "msa": "ms", "may": "ms", "zsm": "ms", "malay": "ms",
    "por": "pt", "portuguese": "pt",
    "rus": "ru", "russian": "ru",
    "spa": "es", "spanish": "es",
    "tha": "th", "thai": "th",
    "tur": "tr", "turkish": "tr",
    "urd": "ur", "urdu": "ur",
    "vie": "vi", "vietnamese": "vi",
}  # fmt: skip


@cache
def canonical(code: str) -> str:
    """The code evalkit uses for a language.

    Accepts ISO 639-1 and 639-3 codes with or without script and region (``zh-CN``, ``cmn_hans_cn``,
    ``yue_hant_hk``, ``en_us``, ``es_419``) and the English names of Whisper's languages.

    Args:
        code: language code or name; case does not matter.

    Returns:
        One of the two- or three-letter codes, for example "zh", "yue" or "en".

    Raises:
        UnknownNameError: nobody knows the language.
        EvalkitError: ``zh-HK`` and ``zh-MO`` mean Mandarin in some data sets and Cantonese in others.
    """
    base, *rest = code.strip().lower().replace("_", "-").split("-")
    if base in {"zh", "zho", "chi"} and "yue" in rest:
        return "yue"
    if base == "zh" and not {"hk", "mo"}.isdisjoint(rest):
        raise EvalkitError(f"language '{code}' is ambiguous: say 'yue' for Cantonese or 'zh' for Mandarin")
    base = _ALIASES.get(base, base)
    if base not in _KNOWN:
        raise UnknownNameError("language", code, _KNOWN)
    return base
