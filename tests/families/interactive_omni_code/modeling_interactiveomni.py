"""Stand-in (our own code, not the released one) for the whole model and its `chat`."""

import importlib
import os

import numpy as np
import soundfile
import torch
from PIL import Image, ImageSequence
from torch import nn
from transformers import Qwen3ForCausalLM, WhisperFeatureExtractor
from transformers.modeling_utils import PreTrainedModel

from .configuration_interactiveomni import InteractiveOmniConfig
from .modeling_flow import Flow
from .modeling_hifigan import HiFiGAN
from .modeling_intern_vit import InternVisionModel
from .modeling_voicelm import VoiceLM
from .modeling_whisper import WhisperEncoder

try:
    import onnxruntime
except ImportError:
    onnxruntime = None

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def tiles_of(image, max_num, size):
    """The grid nearest in shape, at most max_num tiles, and a thumbnail where there are several."""
    shapes = [(a, b) for a in range(1, max_num + 1) for b in range(1, max_num + 1) if a * b <= max_num]
    aspect = image.width / image.height
    area = image.width * image.height
    a, b = min(shapes, key=lambda s: (abs(s[0] / s[1] - aspect), abs(s[0] * s[1] * size * size / 4 - area)))
    large = image.resize((a * size, b * size), Image.Resampling.BICUBIC)
    tiles = [large.crop((x * size, y * size, (x + 1) * size, (y + 1) * size)) for y in range(b) for x in range(a)]
    if len(tiles) > 1:
        tiles.append(image.resize((size, size), Image.Resampling.BICUBIC))
    return tiles


def pixels(tiles):
    found = np.stack([np.asarray(tile, dtype=np.float32) for tile in tiles]) / 255
    return torch.from_numpy((found - np.float32(MEAN)) / np.float32(STD)).permute(0, 3, 1, 2)


class InteractiveOmniModel(PreTrainedModel):
    config_class = InteractiveOmniConfig
    main_input_name = "pixel_values"
    base_model_prefix = "language_model"
    _no_split_modules = ("Qwen3DecoderLayer",)

    def __init__(self, config):
        super().__init__(config)
        if config.use_flash_attn or config.vision_config.use_flash_attn:
            importlib.import_module("flash_attn")
        wide, vision, audio = config.llm_config.hidden_size, config.vision_config, config.audio_config
        self.vision_model = InternVisionModel(vision)
        self.audio_model = WhisperEncoder(audio)
        self.language_model = Qwen3ForCausalLM(config.llm_config)
        self.fold = round(1 / config.downsample_ratio)
        flat = vision.hidden_size * self.fold**2
        self.mlp1 = nn.Sequential(nn.LayerNorm(flat), nn.Linear(flat, wide), nn.GELU(), nn.Linear(wide, wide))
        self.mlp2 = nn.Sequential(nn.Linear(audio.d_model, wide), nn.GELU(), nn.Linear(wide, wide))
        self.voicelm_model = VoiceLM(config.voicelm_config)
        self.flow_model = Flow(config.voicelm_config)
        self.hifigan_model = HiFiGAN(config.voicelm_config)
        self.default_embed = nn.Parameter(torch.zeros(1, config.voicelm_config.speaker_size))
        with open(os.path.join(config._name_or_path, "campplus.onnx"), "rb") as file:
            self.campplus = file.read()
        self.post_init()

    @property
    def default_speaker_embedding(self):
        return self.default_embed.data

    def extract_speaker_embedding(self, wav_path):
        samples, _ = soundfile.read(wav_path, dtype="float32")
        size = self.config.voicelm_config.speaker_size
        parts = np.array_split(np.abs(np.fft.rfft(samples)) / len(samples), size)
        return torch.tensor([[float(20 * part.mean() * (1 + len(self.campplus) % 3)) for part in parts]])

    def extract_image(self, tiles):
        x = self.vision_model(tiles)[:, 1:]
        side, fold = int(x.shape[1] ** 0.5), self.fold
        x = x.view(len(x), side // fold, fold, side // fold, fold, -1).permute(0, 1, 3, 2, 4, 5)
        return self.mlp1(x.reshape(len(x), (side // fold) ** 2, -1))

    def extract_audio(self, path):
        samples, rate = soundfile.read(path, dtype="float32")
        assert rate == 16000, rate
        samples = samples[: 30 * rate]
        mel = WhisperFeatureExtractor(feature_size=self.config.audio_config.num_mel_bins)(
            samples, sampling_rate=rate, return_tensors="pt"
        )["input_features"]
        x = self.audio_model(mel.to(self.dtype).cuda())
        x = nn.functional.avg_pool1d(x.transpose(1, 2), 2, 2).transpose(1, 2)
        return self.mlp2(x[0, : max(1, len(samples) // 640)])

    @torch.no_grad()
    def chat(self, tokenizer, generation_config, messages, max_num, frame, /, generate_audio=False,
             speaker_embedding=None):  # fmt: skip
        size = self.config.vision_config.image_size
        text, features = "", {"<IMG_CONTEXT>": [], "<AUDIO_CONTEXT>": []}
        for message in messages:
            content = message["content"]
            if isinstance(content, str):
                content = [{"type": "text", "text": content}]
            text += f"<|im_start|>{message['role']}\n"
            for part in content:
                value = part[part["type"]]
                if part["type"] == "text":
                    text += value
                    continue
                if part["type"] == "audio":
                    token, found = "<AUDIO_CONTEXT>", self.extract_audio(value)
                    around = "<audio>", "</audio>\n"
                else:
                    opened = Image.open(value)
                    if part["type"] == "image":
                        shown = tiles_of(opened.convert("RGB"), max_num, size)
                    else:
                        frames = [one.convert("RGB") for one in ImageSequence.Iterator(opened)]
                        chosen = np.linspace(0, len(frames) - 1, min(frame, len(frames))).round().astype(int)
                        shown = [tile for index in chosen for tile in tiles_of(frames[index], 1, size)]
                    token, around = "<IMG_CONTEXT>", ("<img>", "</img>\n")
                    found = self.extract_image(pixels(shown).to(self.dtype).cuda()).flatten(0, 1)
                features[token].append(found)
                text += around[0] + token * len(found) + around[1]
            text += "<|im_end|>\n"
        text += "<|im_start|>assistant\n"
        made = tokenizer(text, return_tensors="pt", add_special_tokens=False)
        ids, mask = made["input_ids"].cuda(), made["attention_mask"].cuda()
        embeds = self.language_model.get_input_embeddings()(ids).clone()
        for token, found in features.items():
            if found:
                embeds[ids == tokenizer.convert_tokens_to_ids(token)] = torch.cat(found).to(embeds.dtype)
        stop = tokenizer.convert_tokens_to_ids("<|im_end|>")
        made = self.language_model.generate(
            inputs_embeds=embeds, attention_mask=mask, eos_token_id=stop, pad_token_id=tokenizer.pad_token_id,
            output_hidden_states=generate_audio, return_dict_in_generate=True, use_cache=True, **generation_config,
        )  # fmt: skip
        written = made.sequences[0]
        answer = tokenizer.decode(written, skip_special_tokens=True).strip()
        if not generate_audio:
            return answer
        kept = written[written != stop]
        hidden = torch.cat([step[-1][0, -1:] for step in made.hidden_states])[: len(kept)]
        speaker = self.default_speaker_embedding if speaker_embedding is None else speaker_embedding
        speaker = speaker.to(device=embeds.device, dtype=embeds.dtype)
        embedded = self.language_model.get_input_embeddings()(kept)
        tokens = self.voicelm_model.inference(embedded, hidden, speaker)
        return answer, self.hifigan_model(self.flow_model(tokens, speaker)).float().cpu()
