"""The execution status of change sets, as it follows from the stack's status."""

from localstack.aws.api.cloudformation import StackStatus

from localstack_testbed.cloudformation.model import ChangeSet, Stack

_SUCCEEDED = (StackStatus.CREATE_COMPLETE, StackStatus.UPDATE_COMPLETE)


def begin_execution(stack: Stack, executed: ChangeSet) -> None:
    """Mark a change set as being executed; the others are deleted, as they are out of date.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-execute.html
    """
    executed.execution_status = "EXECUTE_IN_PROGRESS"
    stack.change_set_id = executed.id
    stack.change_sets = {executed.id: executed}


def end_execution(stack: Stack) -> None:
    """Set the execution status of the change set that was executed, when its operation is over."""
    executed = stack.executed_change_set
    if executed is None or stack.in_progress:
        return
    succeeded = stack.status in _SUCCEEDED
    executed.execution_status = "EXECUTE_COMPLETE" if succeeded else "EXECUTE_FAILED"


def make_obsolete(stack: Stack) -> None:
    """Mark the change sets of a stack that is updated without them."""
    for change_set in stack.change_sets.values():
        if change_set.execution_status == "AVAILABLE":
            change_set.execution_status = "OBSOLETE"
