"""The fifteen languages of FLEURS that Qwen3-Omni translates between (its Table 6, note c)."""

from __future__ import annotations

# code -> configuration, English name, sacreBLEU's tokenizer of translations into it
LANGUAGES = {
    "ar": ("ar_eg", "Arabic", "13a"),
    "yue": ("yue_hant_hk", "Cantonese", "zh"),
    "zh": ("cmn_hans_cn", "Mandarin Chinese", "zh"),
    "en": ("en_us", "English", "13a"),
    "fr": ("fr_fr", "French", "13a"),
    "de": ("de_de", "German", "13a"),
    "id": ("id_id", "Indonesian", "13a"),
    "it": ("it_it", "Italian", "13a"),
    "ja": ("ja_jp", "Japanese", "ja-mecab"),
    "ko": ("ko_kr", "Korean", "ko-mecab"),
    "pt": ("pt_br", "Portuguese", "13a"),
    "ru": ("ru_ru", "Russian", "13a"),
    "es": ("es_419", "Spanish", "13a"),
    "th": ("th_th", "Thai", "char"),
    "vi": ("vi_vn", "Vietnamese", "13a"),
}
