"""Measurements of the testbed beside another emulator: ``python -m benchmarks COMMAND``.

::

    up         benchmarks.pipeline   from nothing to the pipeline, and from a check to the incident
    lambda     benchmarks.functions  Lambda functions by themselves
    schedules  benchmarks.schedules  rules and schedules that fire in real time
"""
