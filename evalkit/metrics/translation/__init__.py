"""Translation quality by overlap with references: BLEU, chrF and chrF++, equal to sacreBLEU."""
