"""Stand-in (our own code): vision tower, [tiles, 3, 448, 448] -> [tiles, 1 + patches, width]."""

import torch
from torch import nn


class InternVisionModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, patches = config.hidden_size, (config.image_size // config.patch_size) ** 2
        self.patch = nn.Conv2d(3, width, config.patch_size, config.patch_size)
        self.class_embed = nn.Parameter(torch.zeros(1, 1, width))
        self.position_embed = nn.Parameter(torch.zeros(1, patches + 1, width))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, config.num_attention_heads, config.intermediate_size, 0.0, batch_first=True
            )
            for _ in range(config.num_hidden_layers)
        )

    def forward(self, pixel_values):
        x = self.patch(pixel_values).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embed.expand(len(x), -1, -1), x], 1) + self.position_embed
        for layer in self.layers:
            x = layer(x)
        return x
