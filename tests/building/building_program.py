"""Stand-ins of a builder's models for the model `command`: `building_program.py ROLE FOLDER SECONDS`.

ROLE is see, write or speak. Requests are appended to FOLDER/ROLE.log. FOLDER/ROLE.json may map the id of an item, or
for speech its text, to a list of faults, one for each attempt (die, late, error: for each time it is asked); the list at an
end, replies are good:

    prose    no JSON            short    a turn is missing           leak     the answer stands in the question
    foreign  another language   early    the answer is told early    die      exit
    late     sleep for an hour  error    the program says it failed  nothing  an empty reply
    silence  silent speech      brief    a hundredth of a second of speech
"""

import json
import math
import os
import re
import struct
import sys
import time
import wave

ROLE, FOLDER, SECONDS = sys.argv[1:4] if __name__ == "__main__" else ("", "", "0")
FRENCH = "Je ne sais pas si c'est une bonne idée pour nous, mais il est dans la maison avec les autres."


def main() -> None:
    log = os.open(os.path.join(FOLDER, f"{ROLE}.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for raw in sys.stdin.buffer:
        os.write(log, raw)
        request = json.loads(raw)
        time.sleep(float(SECONDS))
        fault = fault_of(request)
        if fault == "die":
            os._exit(3)
        if fault == "late":
            time.sleep(3600)
        reply = {"id": request["id"], "cost": 0.5, "usage": {"output_tokens": 7}}
        if fault == "error":
            reply = {"id": request["id"], "error": "out of order"}
        elif ROLE == "speak":
            reply["audio"] = spoken(texts_of(request), fault, request["audio_out"])
        else:
            reply["text"] = written(request, fault)
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


def texts_of(request):
    return "\n".join(p["text"] for m in request["messages"] for p in m["content"] if p["type"] == "text")


def key_of(request):
    return texts_of(request) if ROLE == "speak" else re.sub(r"\.\d+$", "", request["id"])


def fault_of(request):
    path = os.path.join(FOLDER, f"{ROLE}.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        faults = json.load(file).get(key_of(request), [])
    attempt = re.search(r"\.(\d+)$", request["id"])
    times = int(attempt[1]) if attempt else 1
    if faults and faults[0] in ("die", "late", "error"):
        with open(os.path.join(FOLDER, f"{ROLE}.log"), "rb") as file:
            times = sum(key_of(json.loads(line)) == key_of(request) for line in file)
    return faults[times - 1] if times <= len(faults) else None


def written(request, fault):
    prompt = texts_of(request)
    if fault == "prose":
        return "Certainly! I will think about it."
    if fault == "nothing":
        return ""
    if ROLE == "see":
        return json.dumps(seen(request, fault))
    made = memory(request, prompt, fault) if "It tests memory" in prompt else talk(request, prompt, fault)
    if fault == "short":
        made["turns"] = made["turns"][1:] or [*made["turns"], *made["turns"]]
    return "Here it is:\n```json\n" + json.dumps(made, ensure_ascii=False) + "\n```"


def seen(request, fault):
    image = next(p["path"] for m in request["messages"] for p in m["content"] if p["type"] == "image")
    name = os.path.splitext(os.path.basename(image))[0]
    facts = [{"question": f"Which word number {n} is on the sign?", "answer": f"{name}word{n}"} for n in range(1, 5)]
    return {"caption": f"A sign named {name}.", "facts": [] if fault == "short" else facts}


def memory(request, prompt, fault):
    chinese = "Language: Chinese" in prompt
    key = re.sub(r"\.\d+$", "", request["id"])
    turns, statements = [], []
    answers = re.findall(r"^picture [A-Z]: .*\? (\S+)$", prompt, re.MULTILINE)
    for line in re.findall(r"^- turn \d+: .*$", prompt, re.MULTILINE):
        number = int(re.match(r"- turn (\d+)", line)[1])
        picture = re.search(r"shows picture (\w)", line)
        said = f"这是我们聊天的第{number}件事。" if chinese else f"This is what we have in message number {number}."
        if "tells a fact" in line:
            quote = f"我的箱子编号是{key}box{number}" if chinese else f"my box has the code {key}box{number}"
            statements.append({"turn": number, "quote": quote})
            answers.append(f"{key}box{number}")
            said += quote + "。" if chinese else f" And {quote}."
        turns.append(
            {
                "image": picture[1] if picture else "",
                "user": said,
                "assistant": "好的，我记住了。" if chinese else "That is good to know, and I will keep it.",
            }
        )
    reference = " ".join(answers)
    question = (
        f"请问{key}的那些编号和词语是什么？" if chinese else f"What are the codes and words of {key} that you know?"
    )
    if fault == "leak":
        question += f" {reference}"
    if fault == "early":
        turns[0]["assistant"] += f" {reference}"
        statements = statements if not statements or statements[0]["turn"] != 1 else []
    if fault == "foreign":
        turns = [{**turn, "assistant": FRENCH} for turn in turns]
        question = FRENCH
    return {
        "turns": turns,
        "question": question,
        "reference": reference,
        "accepted": [reference.replace(" ", ", ")],
        "alternatives": ["a blue door"],
        "statements": statements,
    }


def talk(request, prompt, fault):
    chinese = "Language: Chinese" in prompt
    key = re.sub(r"\.\d+$", "", request["id"])
    context = int(re.search(r"You write (\d+) turns", prompt)[1])
    turns = []
    for n in range(1, context + 1):
        turns.append(
            {
                "user": f"我在第{n}天去了{key}的海边。" if chinese else f"On day {n} of {key} I went to the sea.",
                "assistant": f"第{n}天听起来不错。" if chinese else f"That sounds good for day {n}.",
            }
        )
    made = {
        "turns": turns,
        "question": f"你还记得{key}吗？" if chinese else f"Do you remember what I said about {key}?",
        "reference": "记得，你去了海边。" if chinese else "Yes, you went to the sea.",
        "attribute": "warm",
    }
    if fault == "foreign":
        made["question"], made["turns"] = (
            FRENCH,
            [{"user": f"{FRENCH} {n}", "assistant": FRENCH} for n in range(context)],
        )
    if fault == "leak":  # markup cannot be spoken
        made["question"] = "- **one**\n- two"
    return made


def spoken(text, fault, path):
    seconds = {"brief": 0.01, None: 0.1 * len(text)}.get(fault, 1.0)
    rate, strength = 16000, 0 if fault == "silence" else 8000
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        pitch = 200 + sum(map(ord, text)) % 100
        wave_form = [int(strength * math.sin(2 * math.pi * pitch * i / rate)) for i in range(int(seconds * rate))]
        file.writeframes(struct.pack(f"<{len(wave_form)}h", *wave_form))
    return path


if __name__ == "__main__":
    main()
