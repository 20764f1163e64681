"""Parts of a cascade for the model `command`: `cascade_parts.py hear|answer|speak LOG`.

hear: the words that lie beside a recording, in NAME.wav.txt. answer: the conversation it got, as one line of text.
speak: a recording whose length is a tenth of a second per letter.
"""

import json
import sys
import wave


def main() -> None:
    role, log = sys.argv[1:]
    for line in sys.stdin:
        with open(log, "a", encoding="utf-8") as file:
            file.write(line)
        request = json.loads(line)
        parts = [(turn["role"], part) for turn in request["messages"] for part in turn["content"]]
        reply = {"id": request["id"]}
        if role == "hear":
            with open(parts[-1][1]["path"] + ".txt", encoding="utf-8") as file:
                reply["text"] = file.read()
            if reply["text"] == "noise":
                reply = {"id": request["id"], "error": "nothing but noise"}
        elif role == "answer":
            reply["text"] = " | ".join(f"{who}: {part.get('text', '<' + part['type'] + '>')}" for who, part in parts)
            reply["cost"] = 0.25
            reply["usage"] = {"output_tokens": 3}
            if "say nothing" in reply["text"]:
                reply["text"] = ""
        else:
            with wave.open(request["audio_out"], "wb") as file:
                file.setparams((1, 2, 16000, 0, "NONE", ""))
                file.writeframes(b"\x00\x10" * 1600 * len(parts[-1][1]["text"]))
            reply["audio"] = request["audio_out"]
        print(json.dumps(reply), flush=True)


main()
