class CovoAudioConfig:
    @classmethod
    def from_pretrained(cls, folder):
        return cls()
