"""What the functions' interpreter runs: the parent of all execution environments.

It may import nothing but the standard library, and runs on every Python that Lambda has had since
3.9. What it does is told in ``environments`` and ``isolation``.
"""
