"""A judge for the model `command`: logs every question, waits, and answers by what stands in the answer it judges.

    python -S judging_program.py LOG SECONDS [REPLY]

Without REPLY the verdict is the first digit of the judged answer; "unsure" gives prose; "die" ends the program.
"""

import json
import os
import re
import sys
import time

log, seconds = sys.argv[1], float(sys.argv[2])
reply = sys.argv[3] if len(sys.argv) > 3 else None
file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for line in sys.stdin:
    request = json.loads(line)
    text = "\n".join(part.get("text", "") for turn in request["messages"][:1] for part in turn["content"])
    found = re.findall(r"<<\w+ response>>\s(.*?)\s<<\w+ end>>", text.partition("\n\n")[2], re.DOTALL)
    judged = found[0] if found else text
    time.sleep(seconds)
    os.write(file, (json.dumps({"id": request["id"], "judged": judged}) + "\n").encode())
    if "die" in judged:
        os._exit(1)
    digit = re.search(r"\d", judged)
    verdict = reply if reply is not None else "I am not sure." if "unsure" in judged else digit[0] if digit else "1"
    answer = {"id": request["id"], "text": verdict, "usage": {"output_tokens": 1}, "cost": 0.001}
    os.write(1, (json.dumps(answer) + "\n").encode())
