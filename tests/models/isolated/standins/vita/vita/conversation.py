class Conversation:
    roles = ("user", "bot")
    sep = "<|im_start|>"

    def __init__(self):
        self.messages = []

    def copy(self):
        return Conversation()

    def append_message(self, role, text):
        self.messages.append([role, text])

    def get_prompt(self, modality):
        return f"{modality}:{self.messages}"


conv_templates = {"qwen2p5_instruct": Conversation()}
