"""Schedules that fire when they are due: EventBridge's scheduled rules and EventBridge Scheduler.

LocalStack looks once a minute which rules are due within the next one, so that they fire up to a
minute early and sometimes twice, and goes on with rules that were disabled or changed. Schedules
of EventBridge Scheduler it keeps and never fires. Here one engine fires both, with one clock that
can be moved forward: see ``endpoint``.

Settings: ``TESTBED_SCHEDULES`` (``0`` leaves schedules to LocalStack),
``TESTBED_SCHEDULES_RETRY_SECONDS``.
"""
