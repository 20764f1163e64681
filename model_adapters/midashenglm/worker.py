"""MiDashengLM in its own environment: the processor takes conversations with paths."""

from __future__ import annotations

from typing import Any

TAKES = ("text", "audio")
GIVES = ("text",)
SAMPLE_RATE = {"in": 16000, "out": 0}
PACKAGES = ("torchaudio",)


def load(kit: Any, options: dict[str, Any]) -> Any:
    """Load model, tokenizer and processor."""
    from transformers import AutoModelForCausalLM, AutoProcessor, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(options["path"], trust_remote_code=True, torch_dtype="auto")
    model = model.eval().to(kit.device())
    tokenizer = AutoTokenizer.from_pretrained(options["path"], trust_remote_code=True)
    processor = AutoProcessor.from_pretrained(options["path"], trust_remote_code=True)

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        messages = [
            {
                "role": turn["role"],
                "content": [
                    {"type": "text", "text": part["text"]}
                    if part["type"] == "text"
                    else {"type": "audio", "path": part["path"]}
                    for part in turn["content"]
                ],
            }
            for turn in request["messages"]
        ]
        inputs = processor.apply_chat_template(
            messages, tokenize=True, add_generation_prompt=True, add_special_tokens=True, return_dict=True
        )
        inputs = inputs.to(device=model.device, dtype=model.dtype)
        settings = {"max_new_tokens": kit.max_tokens(request, 512), **kit.drawing(request)}
        made = model.generate(**inputs, **settings)  # it generates from embeddings: the prompt is not in what it gives
        text = tokenizer.batch_decode(made, skip_special_tokens=True)[0]
        return {"text": text, "usage": {"output_tokens": int(made.shape[1])}, "meta": {"sampling": settings}}

    return answer
