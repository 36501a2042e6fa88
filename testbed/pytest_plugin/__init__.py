"""The pytest plug-in: fixtures for integration tests of serverless applications.

``plugin`` has the options and activates the rest in projects that ask for it: ``fixtures``.
``configuration`` reads the options, ``targets`` has a module for each place where tests can run,
``running`` is a started target, ``stack`` a deployed stack, ``eventually`` waits, ``report``
explains a failed test, and ``fixture_types`` has types to annotate fixtures with.
docs/test-your-own-pipeline.md says how to use it.
"""
