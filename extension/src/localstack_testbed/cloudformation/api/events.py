"""What follows from the events of a stack."""

from localstack_testbed.cloudformation.api import change_set_states, notifications
from localstack_testbed.cloudformation.model import Event, Stack


def observe(stack: Stack) -> None:
    """Have a new stack publish its events, and end the execution of its change sets."""
    stack.on_event = _handle


def _handle(stack: Stack, event: Event) -> None:
    notifications.publish(stack, event)
    if event.physical_id == stack.id:
        change_set_states.end_execution(stack)
