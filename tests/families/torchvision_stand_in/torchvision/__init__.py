"""Stand-in (our own code) for the parts of torchvision that video processors of transformers call, on torch alone.

The wheels of torchvision on PyPI do not load beside a torch built without CUDA.
"""

__version__ = "0.28.0"
