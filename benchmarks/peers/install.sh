#!/usr/bin/env bash
# Install peers for benchmarks/overhead.py, one virtual environment each.   usage: install.sh DIR
set -eu
root=$1
mkdir -p "$root"
for spec in "evalscope=evalscope" "inspect=inspect-ai openai" "lm_eval=lm_eval[api]"; do
    name=${spec%%=*}
    python3 -m venv "$root/$name"
    # shellcheck disable=SC2086
    "$root/$name/bin/pip" install -q ${spec#*=}
    echo "$name: $("$root/$name/bin/pip" list 2>/dev/null | tail -n +3 | wc -l) packages, $(du -sm "$root/$name" | cut -f1) MB"
done
