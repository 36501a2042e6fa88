"""The pytest plug-in: a running testbed for tests of serverless applications.

``plugin`` has the options and fixtures, ``running`` starts a testbed or uses one that is there,
``stack`` is what is deployed to it, ``eventually`` waits, and ``report`` explains a failed test.
How to use it is told in docs/test-your-own-pipeline.md.
"""
