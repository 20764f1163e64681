"""inspect_ai on an OpenAI-compatible endpoint: inspect_endpoint.py DATA LOGDIR CONCURRENCY; exits 1 unless it succeeds.

The endpoint is named by FAKE_BASE_URL and FAKE_API_KEY, as inspect_ai's provider `openai-api/fake` wants it.
"""

import sys

from inspect_ai import eval
from inspect_trivial import trivial

if __name__ == "__main__":
    data, log_dir, wide = sys.argv[1:4]
    limits = {"max_connections": int(wide), "max_samples": int(wide)}
    [log] = eval(trivial(data), model="openai-api/fake/fake", log_dir=log_dir, display="none", **limits)
    sys.exit(log.status != "success")
