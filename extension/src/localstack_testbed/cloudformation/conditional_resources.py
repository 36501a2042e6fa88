"""Updates of a stack that change the value of a condition, and create and delete resources.

LocalStack keeps a resource whose condition has become false. It rejects an update in which a
resource is created or deleted together with another one whose attribute it references.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from localstack_testbed.hooks.patching import patch

MODULE = "localstack.services.cloudformation.engine.v2.change_set_model_preproc"

TOLERANT = "testbed_tolerant"


def patch_engine() -> None:
    """Let change sets create and delete resources whose conditions change."""
    from localstack.services.cloudformation.engine.v2.change_set_model import Nothing, is_nothing
    from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
        ChangeSetModelPreproc,
    )

    def condition_of(self: Any, node: Any) -> Any:
        """Return whether a resource exists before and after; None if it has no condition."""
        if is_nothing(node.condition_reference):
            return None
        return self._resolve_resource_condition_reference(node.condition_reference)

    @patch(ChangeSetModelPreproc.visit_node_resources, pass_target=False)
    def visit_node_resources(self: Any, node_resources: Any) -> None:
        for node in node_resources.resources:
            condition = condition_of(self, node)
            if condition is None or condition.after is not False or condition.before is True:
                self.visit(node)

    @patch(ChangeSetModelPreproc.visit_node_resource)
    def visit_node_resource(original: Callable[..., Any], self: Any, node_resource: Any) -> Any:
        condition = condition_of(self, node_resource)
        with _tolerant(self, condition is not None and condition.after is False):
            return original(self, node_resource)

    @patch(ChangeSetModelPreproc.visit_node_intrinsic_function_fn_if)
    def visit_node_if(original: Callable[..., Any], self: Any, node: Any) -> Any:
        # LocalStack uses one branch, but evaluates both.
        with _tolerant(self, True):
            return original(self, node)

    @patch(ChangeSetModelPreproc._resolve_attribute)
    def resolve_attribute(
        original: Callable[..., Any], self: Any, arguments: Any, select_before: bool
    ) -> Any:
        name = arguments.split(".")[0] if isinstance(arguments, str) else arguments[0]
        node = self._get_node_resource_for(
            resource_name=name, node_template=self._change_set.update_model.node_template
        )
        condition = condition_of(self, node)
        if condition is not None:
            # The resource that references the attribute does not exist then either.
            if select_before and not condition.before:
                return Nothing
            if not select_before and not condition.after and getattr(self, TOLERANT, False):
                return Nothing
        return original(self, arguments=arguments, select_before=select_before)


@contextmanager
def _tolerant(engine: Any, tolerant: bool) -> Iterator[None]:
    """Allow or forbid references to attributes of resources that the update deletes."""
    outer = getattr(engine, TOLERANT, False)
    setattr(engine, TOLERANT, tolerant)
    try:
        yield
    finally:
        setattr(engine, TOLERANT, outer)
