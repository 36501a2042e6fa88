"""Dependencies between resources.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html
"""

import pytest
from localstack_testbed.cloudformation.template.references import (
    Reference,
    dependencies,
    references,
)

from tests.extension.unit.cloudformation.templates import evaluator, message, read

TEMPLATE = """
Parameters: {P: {Type: String, Default: a}}
Conditions: {Here: !Equals [!Ref P, a], Gone: !Not [!Condition Here]}
Resources:
  A: {Type: X}
  B: {Type: X}
  Absent: {Type: X, Condition: Gone}
  R: {Type: X, RESOURCE}
"""


def needed(resource: str) -> dict[str, list[str]]:
    template = read(TEMPLATE.replace("RESOURCE", resource))
    values = evaluator(template)
    found = dependencies(template, values.active_resources(), values.condition)
    return {name: sorted(each) for name, each in found.items()}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("DependsOn: A", ["A"]),
        ("DependsOn: [B, A]", ["A", "B"]),
        ("Properties: {p: [{q: !Ref A}]}", ["A"]),
        ("Properties: {p: !GetAtt A.Arn}", ["A"]),
        ("Properties: {p: !GetAtt [A, !Ref P]}", ["A"]),
        ("Properties: {p: {'Fn::GetAtt': A.Arn}}", ["A"]),
        ("Properties: {p: !Sub '${A}-${B.Arn}-${!Absent}-${AWS::Region}-${P}'}", ["A", "B"]),
        ("Properties: {p: !Sub ['${A}', {A: !Ref B}]}", ["B"]),
        ("Properties: {p: !Join ['', [!Ref A, !Select [0, [!Ref B]]]]}", ["A", "B"]),
        ("Properties: {p: [!Ref P, !Ref AWS::Region, !Ref AWS::NoValue]}", []),
        ("Properties: {p: {Ref: A, q: r}}", []),
        ("Properties: {p: !If [Here, !Ref A, !Ref B]}", ["A"]),
        ("Properties: {p: !If [Gone, !Ref Absent, !If [Here, !Ref B, !Ref Absent]]}", ["B"]),
    ],
)
def test_dependencies(resource: str, expected: list[str]) -> None:
    assert needed(resource) == {"A": [], "B": [], "R": expected}


@pytest.mark.parametrize(
    "resource",
    [
        "DependsOn: Absent",
        "Properties: {p: !Ref Absent}",
        "Properties: {p: !Sub '${Absent.Arn}'}",
        "Properties: {p: !If [Here, !Ref Absent, a]}",
    ],
)
def test_reference_to_a_resource_whose_condition_is_false(resource: str) -> None:
    assert message(lambda: needed(resource)) == (
        "Template format error: Unresolved resource dependencies [Absent] in the Resources block "
        "of the template"
    )


def test_reference_to_nothing() -> None:
    assert message(lambda: needed("DependsOn: [Y, X], Properties: {p: !Ref Z}")) == (
        "Template format error: Unresolved resource dependencies [X, Y, Z] in the Resources block "
        "of the template"
    )


@pytest.mark.parametrize(
    ("resources", "names"),
    [
        ("A: {Type: X, DependsOn: A}", "A"),
        ("A: {Type: X, DependsOn: B}\n  B: {Type: X, Properties: {p: !Ref A}}", "A, B"),
        pytest.param(
            "A: {Type: X, DependsOn: B}\n  B: {Type: X, DependsOn: A}\n"
            "  C: {Type: X, DependsOn: B}\n  D: {Type: X}",
            "A, B, C",
            id="and what depends on them",
        ),
    ],
)
def test_circular_dependencies(resources: str, names: str) -> None:
    template = read(f"Resources:\n  {resources}")
    assert message(lambda: dependencies(template, template.resources, bool)) == (
        f"Circular dependency between resources: [{names}]"
    )


def test_branches_that_are_not_taken_are_not_part_of_a_circle() -> None:
    template = read(
        """
        Conditions: {Here: !Equals [a, a]}
        Resources:
          A: {Type: X, Properties: {p: !If [Here, a, !Ref B]}}
          B: {Type: X, Properties: {p: !Ref A}}
        """
    )
    found = dependencies(template, template.resources, evaluator(template).condition)
    assert found == {"A": frozenset(), "B": frozenset({"A"})}


def test_a_long_chain() -> None:
    """No recursion: the limit of 500 resources does not have to be Python's."""
    chain = [f"  R{n}: {{Type: X, DependsOn: R{n + 1}}}" for n in range(499)]
    template = read("\n".join(["Resources:", *chain, "  R499: {Type: X}"]))
    assert len(dependencies(template, template.resources, bool)) == 500


def test_all_references() -> None:
    value = {"p": {"Fn::If": ["C", {"Ref": "A"}, {"Fn::Sub": "${B.c.d}"}, {"Fn::GetAtt": "B.e"}]}}
    assert list(references(value)) == [
        Reference("Ref", "A"),
        Reference("Fn::Sub", "B", "c.d"),
        Reference("Fn::GetAtt", "B", "e"),
    ]
