"""VITA-1.5 in its own environment: text out of an image, an audio and a text."""

from __future__ import annotations

from typing import Any

TAKES = ("text", "image", "audio")
GIVES = ("text",)
SAMPLE_RATE = {"in": 16000, "out": 0}
PACKAGES = ("torchvision",)

KIND = "qwen2p5_instruct"  # of the weights and of the conversation's template
STATES = ("☞", "☜", "☟")  # an answer opens with one of them: what was heard is a question, or is not, or was a text


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load the model with its eyes and ears."""
    import torch
    from PIL import Image
    from vita.constants import DEFAULT_AUDIO_TOKEN, DEFAULT_IMAGE_TOKEN, IMAGE_TOKEN_INDEX
    from vita.conversation import conv_templates
    from vita.model.builder import load_pretrained_model
    from vita.util.data_utils_video_audio_neg_patch import dynamic_preprocess
    from vita.util.mm_utils import (
        KeywordsStoppingCriteria,
        get_model_name_from_path,
        tokenizer_image_audio_token,
        tokenizer_image_token,
    )

    device = kit.device()
    name = get_model_name_from_path(options["path"])
    tokenizer, model, _, _ = load_pretrained_model(options["path"], None, name, KIND)
    model.resize_token_embeddings(len(tokenizer))
    tower = model.get_vision_tower()
    if not tower.is_loaded:
        tower.load_model()
    ears = model.get_audio_encoder()
    ears.to(dtype=torch.float16)
    model.eval()

    def sound(path: str | None) -> dict[str, Any]:
        if path is None:  # the model's forward wants an audio in any case
            audio, size = torch.zeros(400, 80), 60
        else:
            audio, size = ears.audio_processor.process(path)
        return {
            "audios": audio.unsqueeze(0).half().to(device),
            "lengths": torch.tensor([audio.shape[0]]).half().to(device),
            "lengths_for_llm": torch.tensor([size]).to(device),
        }

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        system, turns = kit.split_system(request)
        if system or len(turns) != 1:
            raise kit.RefusedError("VITA's released script answers one user turn, without a system text or a history")
        turn = turns[0]
        images, audios, text = kit.media_of(turn, "image"), kit.media_of(turn, "audio"), kit.text_of(turn)
        if len(images) > 1 or len(audios) > 1:
            raise kit.RefusedError(
                f"{len(images)} images, {len(audios)} audios: VITA's released script takes one of each"
            )
        if images:
            tiles, counts = dynamic_preprocess(
                Image.open(images[0]).convert("RGB"), min_num=1, max_num=12, image_size=448, use_thumbnail=True
            )
            pixels = model.process_images(tiles, model.config).to(dtype=model.dtype, device=device)
            text, modality = DEFAULT_IMAGE_TOKEN * counts[0] + "\n" + text, "image"
        else:
            pixels = torch.zeros((1, 3, 448, 448)).to(dtype=model.dtype, device=device)
            modality = "lang"
        if audios:
            text += DEFAULT_AUDIO_TOKEN
        conversation = conv_templates[KIND].copy()
        conversation.append_message(conversation.roles[0], text)
        conversation.append_message(conversation.roles[1], None)
        tokenize = tokenizer_image_audio_token if audios else tokenizer_image_token
        ids = tokenize(conversation.get_prompt(modality), tokenizer, IMAGE_TOKEN_INDEX, return_tensors="pt")
        ids = ids.unsqueeze(0).to(device)
        stop = conversation.sep
        settings = {"max_new_tokens": kit.max_tokens(request, 1024), "num_beams": 1, **kit.drawing(request)}
        made = model.generate(
            ids, images=pixels, audios=sound(audios[0] if audios else None), use_cache=True, output_scores=True,
            return_dict_in_generate=True, shared_v_pid_stride=None,
            stopping_criteria=[KeywordsStoppingCriteria([stop], tokenizer, ids)], **settings,
        )  # fmt: skip
        # What it gives holds the new tokens only: it generates from embeddings.
        found = tokenizer.batch_decode(made.sequences, skip_special_tokens=False)[0].strip()
        state = found[:1] if found.startswith(STATES) else ""
        found = found[len(state) :]
        for end in {stop, "<|im_end|>"}:
            found = found[: -len(end)] if found.endswith(end) else found
        return {"text": found.strip(), "meta": {"sampling": settings, "state": state}}

    return answer
