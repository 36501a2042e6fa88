"""Which resource of a template refers to which."""

from collections.abc import Iterable

from localstack_testbed.cloudformation.template.document import Template


def dependencies(template: Template, active: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return, for each active resource, the active resources that must exist before it.

    By ``DependsOn``, ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub``, wherever they are in its properties.
    Resources whose condition is false are ignored.

    Raises
    ------
    ValidationError
        ``Circular dependency between resources: [A, B]``
    """
    raise NotImplementedError
