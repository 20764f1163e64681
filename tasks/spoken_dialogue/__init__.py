"""Questions that are asked in speech, with written and with spoken answers (InteractiveOmni, Table 16)."""
