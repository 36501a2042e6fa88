"""Each property of each resource type, updated, rolled back, and compared with a fresh deployment.

The types and their properties are those of AWS's resource schemas; ``types`` has values for them.
``RESOURCE_TYPE_CHANGES`` says how many changes of each type to try: a number, or ``all``, which
takes about a minute: ``RESOURCE_TYPE_CHANGES=all ./scripts/test -n 2
tests/extension/live/cloudformation/test_resource_types.py``.

What an update does is documented in
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from localstack_testbed.cloudformation.resources.registry import all_types
from localstack_testbed.cloudformation.schemas.schema import schema

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.types import EXAMPLES
from tests.extension.live.cloudformation.types.model import ABSENT, Change, Example, Seen

TRIED = os.environ.get("RESOURCE_TYPE_CHANGES", "1")

SUBJECT = "Subject"
"""The logical id of the resource that a test is about."""

FAILING = {
    "Type": "AWS::SNS::Subscription",
    "DependsOn": SUBJECT,
    "Properties": {
        "Protocol": "sqs",
        "TopicArn": "arn:aws:sns:us-east-1:000000000000:there-is-no-such-topic",
        "Endpoint": "arn:aws:sqs:us-east-1:000000000000:nor-such-queue",
    },
}
"""A resource that cannot be created, after the subject was changed."""


def tried() -> Iterator[Any]:
    """Yield the changes that this run tries; of every second type, first those that replace it."""
    for number, example in enumerate(EXAMPLES):
        replacing_first = number % 2 == 0
        names = sorted(
            example.changes, key=lambda name: is_replacing(example, name) != replacing_first
        )
        for name in names if TRIED == "all" else names[: int(TRIED)]:
            yield pytest.param(example, name, id=f"{example.type}-{name}")


def is_replacing(example: Example, name: str) -> bool:
    """Return whether changing a property requires a new resource."""
    described = schema(example.type)
    assert described is not None
    if name in example.replaces:
        return True
    first, second = (properties(example, name, value) for value in values(example.changes[name]))
    return bool(described.replacing_changes(first, second))


def is_deleted_first(type_name: str) -> bool:
    """Return whether a resource is deleted before the one that replaces it is created."""
    described = schema(type_name)
    return described is not None and described.deleted_before_replacement


def values(change: Change) -> tuple[Any, Any]:
    return change.first, change.second


def properties(example: Example, name: str, value: Any) -> dict[str, Any]:
    """Return the example's properties with one value in them."""
    result: dict[str, Any] = json.loads(
        json.dumps({**example.properties, **example.changes[name].also})
    )
    *parents, last = name.split("/")
    owner = result
    for parent in parents:
        owner = owner.setdefault(parent, {})
    if value is ABSENT:
        owner.pop(last, None)
    else:
        owner[last] = value
    return result


def template(example: Example, name: str, value: Any, *, fails: bool = False) -> dict[str, Any]:
    subject = {"Type": example.type, "Properties": properties(example, name, value)}
    failing = {"Failing": FAILING} if fails else {}
    return {"Resources": {**example.others, SUBJECT: subject, **failing}}


def observe(example: Example, stack: Deployed, aws: Clients) -> tuple[Any, str]:
    """Return what the service says about the subject, and its physical id.

    The former is without generated names and ids.
    """
    ids = stack.physical_ids()
    subject = ids[SUBJECT]
    others = {name: each for name, each in ids.items() if name != SUBJECT}
    seen = Seen(aws.__getitem__, subject, example.properties, others)
    return stack.normalized(example.observe(seen), ids), subject


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("example", "name"), list(tried()))
def test_a_change_of_a_property(example: Example, name: str, aws: Clients) -> None:
    first, second = values(example.changes[name])
    replaces, deleted_first = is_replacing(example, name), is_deleted_first(example.type)
    with deployed(aws, template(example, name, first)) as stack:
        before, first_id = observe(example, stack, aws)

        assert stack.update(template(example, name, second, fails=True)) == (
            "UPDATE_ROLLBACK_COMPLETE"
        ), stack.report()
        assert stack.first_failure() == "Failing", stack.report()
        restored, restored_id = observe(example, stack, aws)
        assert restored == before
        if not (replaces and deleted_first):  # is created anew
            assert restored_id == first_id

        assert stack.update(template(example, name, second)) == "UPDATE_COMPLETE", stack.report()
        updated, updated_id = observe(example, stack, aws)
        # Some resources have the same physical id as the one that they replace.
        assert stack.was_replaced(SUBJECT) == replaces
        assert updated_id == first_id or replaces
    with deployed(aws, template(example, name, second)) as fresh:
        assert updated == observe(example, fresh, aws)[0]
    assert updated != before, "the change cannot be seen"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.type)
def test_every_property_has_an_example(example: Example) -> None:
    described = schema(example.type)
    assert described is not None
    named = {
        name.partition("/")[0]
        for name in (*example.changes, *example.exceptions, *example.unavailable)
    }
    assert described.properties - named == set()
    assert named - described.properties == set()
    assert all(example.exceptions.values())


def test_every_type_has_an_example() -> None:
    # What has no schema, or nothing behind it, has tests of its own.
    without = {
        "AWS::CDK::Metadata",
        "AWS::CloudFormation::CustomResource",
        "AWS::CloudFormation::Stack",
        "AWS::CloudFormation::WaitCondition",
        "AWS::CloudFormation::WaitConditionHandle",
    }
    assert {example.type for example in EXAMPLES} == all_types() - without
