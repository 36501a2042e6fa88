"""The supervisor, the parent process of all execution environments of one runtime.

It runs in the functions' interpreter. It may import only the standard library, and supports every
Python version of Lambda since 3.9. See ``environments`` and ``isolation``.
"""
