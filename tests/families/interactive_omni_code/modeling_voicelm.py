"""Stand-in (our own code): five text tokens give 25 speech tokens, drawn from the global generator."""

import torch
from torch import nn


class VoiceLM(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        width = config.hidden_size
        self.text = nn.Linear(2 * config.llm_hidden_size, width)
        self.speaker = nn.Linear(config.speaker_size, width)
        self.speech_embed = nn.Embedding(config.speech_tokens, width)
        self.cell = nn.GRUCell(width, width)
        self.head = nn.Linear(width, config.speech_tokens)

    def inference(self, text_embeds, hidden_states, speaker_embedding):
        """Both [n, width]; returns [m] speech tokens."""
        text = self.text(torch.cat([text_embeds, hidden_states], -1))
        state = self.speaker(speaker_embedding.reshape(1, -1))
        token = torch.zeros(1, dtype=torch.long, device=text.device)
        found = []
        for start in range(0, len(text), self.config.text_chunk):
            chunk = text[start : start + self.config.text_chunk]
            for step in range(self.config.speech_chunk * len(chunk) // self.config.text_chunk):
                given = self.speech_embed(token) + chunk[step * len(chunk) // self.config.speech_chunk][None]
                state = self.cell(given, state)
                token = torch.multinomial((3 * self.head(state)).softmax(-1), 1)[0]
                found.append(token)
        return torch.cat(found) if found else torch.zeros(0, dtype=torch.long, device=text.device)
