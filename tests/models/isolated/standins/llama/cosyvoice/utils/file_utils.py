def load_wav(path, rate):
    assert rate == 16000
    return path
