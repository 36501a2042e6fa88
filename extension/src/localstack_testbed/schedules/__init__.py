"""Scheduled rules of EventBridge, and schedules of EventBridge Scheduler.

LocalStack checks once a minute which rules are due within the next minute. It fires them up to a
minute early and sometimes twice, and continues to fire rules that were disabled or changed. It
stores EventBridge Scheduler's schedules and never fires them. Here one engine fires both, by a
clock that can be advanced: see ``endpoint``.

Settings: ``TESTBED_SCHEDULES`` (``0`` leaves schedules to LocalStack),
``TESTBED_SCHEDULES_RETRY_SECONDS``.
"""
