"""An extension of LocalStack: a process Lambda executor and mends of small defects.

Every module stands alone and has one setting of its own; see ``docs/lambda-executor.md``.
"""
