"""The pytest plug-in: a running testbed for tests of serverless applications.

``plugin`` has the options and fixtures, ``plan`` what they say, ``targets`` where tests can run,
``running`` is a target that runs, ``stack`` what is deployed to it, ``eventually`` waits, and
``report`` explains a failed test.
How to use it is told in docs/test-your-own-pipeline.md.
"""
