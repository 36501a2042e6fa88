"""Benchmarks of the testbed next to another emulator: ``python -m benchmarks COMMAND``.

::

    up         benchmarks.pipeline     deployment of the pipeline, and checks of a website
    deploy     benchmarks.deployments  deployments of a change
    lambda     benchmarks.functions    Lambda functions
    schedules  benchmarks.schedules    rules and schedules in real time
"""
