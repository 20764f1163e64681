DONE = []


def register_funaudiochat():
    DONE.append(True)
