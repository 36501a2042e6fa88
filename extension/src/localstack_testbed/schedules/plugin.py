"""Start and stop of schedules with LocalStack."""

from localstack_testbed.schedules.registry import schedules


def start_schedules() -> None:
    """Serve the clock's endpoint."""
    from localstack.services.edge import ROUTER

    from localstack_testbed.schedules.endpoint import serve

    serve(ROUTER, schedules())


def patch_rules() -> None:
    """Fire scheduled rules with the engine, and retry deliveries of all rules."""
    from localstack_testbed.schedules.matched_rules import retry_deliveries
    from localstack_testbed.schedules.rules import replace_job_scheduler

    replace_job_scheduler(schedules())
    retry_deliveries(schedules())


def patch_scheduler() -> None:
    """Fire the schedules of EventBridge Scheduler with the engine."""
    from localstack_testbed.schedules.scheduler_api import fire_schedules

    fire_schedules(schedules())


def stop_schedules() -> None:
    """Stop the engine, before LocalStack stops its services."""
    from localstack_testbed.schedules.registry import stop

    stop()
