"""Stand-in (our own code): audio encoder, [clips, 128, 3000] -> [clips, 1500, width]."""

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


class WhisperEncoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config.d_model
        self.conv1 = nn.Conv1d(config.num_mel_bins, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.position_embed = nn.Parameter(torch.zeros(1, config.max_source_positions, width))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, config.encoder_attention_heads, config.encoder_ffn_dim, 0.0, batch_first=True
            )
            for _ in range(config.encoder_layers)
        )

    def forward(self, mel):
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2) + self.position_embed
        for layer in self.layers:
            x = layer(x)
        return x
