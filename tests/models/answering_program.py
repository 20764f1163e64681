"""A program for the model `command`: `answering_program.py LOG SECONDS`.

Every request line is appended to LOG as it came. The last text of the conversation says what to do:

    reply JSON    the fields of the reply besides its id
    raw TEXT      write TEXT as a line, instead of a reply
    die           end at once, exit code 3, a last word on stderr
    die once      the same, but answer "alive" the second time
    hang          sleep for an hour
    anything else answer it, in capitals
"""

import json
import os
import sys
import time


def main() -> None:
    log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    seconds = float(sys.argv[2])
    for line in sys.stdin.buffer:
        os.write(log, line)
        request = json.loads(line)
        key = request["id"]
        texts = [part["text"] for turn in request["messages"] for part in turn["content"] if part["type"] == "text"]
        text = texts[-1] if texts else ""
        time.sleep(seconds)
        verb, _, rest = text.partition(" ")
        if verb == "reply":
            fields = rest.strip()[1:-1]
            reply = '{{"id": {}{}}}'.format(json.dumps(key), ", " + fields if fields else "")
        elif verb == "raw":
            reply = rest
        elif text == "die" or (text == "die once" and times(key) == 1):
            print("my last word", file=sys.stderr, flush=True)
            os._exit(3)
        elif text == "die once":
            reply = json.dumps({"id": key, "text": "alive"})
        elif text == "hang":
            time.sleep(3600)
        else:
            reply = json.dumps({"id": key, "text": text.upper()})
        sys.stdout.buffer.write(reply.encode("utf-8", "surrogatepass") + b"\n")
        sys.stdout.buffer.flush()


def times(key: str) -> int:
    with open(sys.argv[1], "rb") as file:
        return sum(json.loads(line)["id"] == key for line in file)


main()
