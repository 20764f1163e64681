"""llama.cpp's own server on a model file, by the package xllamacpp: `llama_server.py FILE.gguf PORT NAME`.

It says where it listens, and serves until its standard input ends: no server outlives the tests.
"""

from __future__ import annotations

import os
import sys

SLOTS = 4
CONTEXT = 2048  # tokens of a slot


def main() -> None:
    import xllamacpp

    file, port, name = sys.argv[1:]
    given = xllamacpp.CommonParams()
    given.model.path = file
    given.model_alias = {name}
    given.hostnames = ["127.0.0.1"]
    given.port = int(port)
    given.n_parallel = SLOTS
    given.n_ctx = CONTEXT * SLOTS
    for cores in (given.cpuparams, given.cpuparams_batch):
        cores.n_threads = 1  # several wait for each other at every step, for ever where other programs compute
    server = xllamacpp.Server(given)
    print("listening", server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)  # its threads do not end by themselves


if __name__ == "__main__":
    main()
