"""What LocalStack finds: the part of schedules in its start and shutdown."""

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import on_infra_shutdown, on_infra_start
from localstack_testbed.hooks.settings import switch

_is_on = switch("TESTBED_SCHEDULES")


@on_infra_start(should_load=_is_on)
def prepare_schedules() -> None:
    """Serve the clock's endpoint, and patch the services when LocalStack loads them."""
    from localstack.runtime.exceptions import LocalstackExit
    from localstack.services.edge import ROUTER

    from localstack_testbed.schedules.cloudformation import update_in_place
    from localstack_testbed.schedules.delivery import SettingError, first_pause
    from localstack_testbed.schedules.endpoint import serve
    from localstack_testbed.schedules.running import schedules

    try:
        first_pause()
    except SettingError as error:
        raise LocalstackExit(str(error), code=1) from error
    running = schedules()
    serve(ROUTER, running)

    def replace_job_scheduler() -> None:
        from localstack_testbed.schedules.matched_rules import repeat_deliveries
        from localstack_testbed.schedules.rules import replace_job_scheduler

        replace_job_scheduler(running)
        repeat_deliveries(running)

    def fire_schedules() -> None:
        from localstack_testbed.schedules.scheduler_api import fire_schedules

        fire_schedules(running)

    on_import("localstack.services.events.provider", replace_job_scheduler)
    on_import("localstack.services.scheduler.provider", fire_schedules)
    update_in_place()


@on_infra_shutdown(should_load=_is_on)
def stop_schedules() -> None:
    """Stop the engine, before LocalStack stops its services."""
    from localstack_testbed.schedules.running import stop

    stop()
