DEFAULT_S2T_PROMPT = "text mode"
DEFAULT_S2M_PROMPT = "speech mode"
AUDIO_TEMPLATE = "<audio>"
DEFAULT_S2M_GEN_KWARGS = {"released_setting": 1}
DEFAULT_SP_GEN_KWARGS = {"text_greedy": False, "only_crq_sampling": True}
