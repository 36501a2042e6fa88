"""What an update does with the resources of a stack.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from collections.abc import Iterator

import pytest

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.templates import parameter, queue, template, topic


@pytest.fixture
def stack(aws: Clients, name: str) -> Iterator[Deployed]:
    first = template(
        Queue=queue(), Topic=topic(DisplayName="first"), Arn=parameter({"Ref": "Topic"})
    )
    with deployed(aws, first, name) as made:
        yield made


def test_a_change_in_place_keeps_the_resource(aws: Clients, stack: Deployed) -> None:
    before = stack.physical_ids()

    stack.update(
        template(Queue=queue(), Topic=topic(DisplayName="second"), Arn=parameter({"Ref": "Topic"}))
    )

    assert stack.physical_ids() == before
    attributes = aws["sns"].get_topic_attributes(TopicArn=before["Topic"])["Attributes"]
    assert attributes["DisplayName"] == "second"


def test_what_refers_to_a_replaced_resource_is_updated(aws: Clients, stack: Deployed) -> None:
    before = stack.physical_ids()

    stack.update(
        template(
            Queue=queue(),
            Topic=topic(TopicName=f"{stack.name}-named"),
            Arn=parameter({"Ref": "Topic"}),
        )
    )

    after = stack.physical_ids()
    assert after["Topic"].endswith("-named")
    assert aws["ssm"].get_parameter(Name=after["Arn"])["Parameter"]["Value"] == after["Topic"]
    assert after["Arn"] == before["Arn"]
    topics = [each["TopicArn"] for each in aws["sns"].list_topics()["Topics"]]
    assert before["Topic"] not in topics


def test_a_replaced_resource_is_deleted_last(stack: Deployed) -> None:
    stack.update(
        template(
            Queue=queue(),
            Topic=topic(TopicName=f"{stack.name}-named"),
            Arn=parameter({"Ref": "Topic"}),
        )
    )

    order = [
        (event["LogicalResourceId"], event["ResourceStatus"]) for event in stack.last_operation()
    ]
    cleanup = order.index((stack.name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    assert order.index(("Arn", "UPDATE_COMPLETE")) < cleanup
    assert cleanup < order.index(("Topic", "DELETE_COMPLETE"))


def test_a_custom_named_resource_is_not_replaced(aws: Clients, name: str) -> None:
    def named(fifo: bool) -> dict[str, object]:
        return template(
            Function=parameter("value", Name=f"/{name}", **({"Type": "StringList"} if fifo else {}))
        )

    with deployed(aws, named(False), name) as stack:
        status = stack.update(named(True))

        if status != "UPDATE_COMPLETE":
            assert "custom-named resource requires replacing" in stack.report()


def test_removed_resources_are_deleted(aws: Clients, stack: Deployed) -> None:
    before = stack.physical_ids()

    stack.update(template(Queue=queue()))

    assert set(stack.physical_ids()) == {"Queue"}
    topics = [each["TopicArn"] for each in aws["sns"].list_topics()["Topics"]]
    assert before["Topic"] not in topics


def test_removed_resources_can_be_retained(aws: Clients, name: str) -> None:
    kept = {**topic(), "DeletionPolicy": "Retain"}
    with deployed(aws, template(Queue=queue(), Topic=kept), name) as stack:
        arn = stack.physical_ids()["Topic"]
        stack.update(template(Queue=queue()))
        assert set(stack.physical_ids()) == {"Queue"}
        aws["sns"].get_topic_attributes(TopicArn=arn)
    aws["sns"].delete_topic(TopicArn=arn)


def test_replaced_resources_can_be_retained(aws: Clients, name: str) -> None:
    with deployed(aws, template(Topic={**topic(), "UpdateReplacePolicy": "Retain"}), name) as stack:
        arn = stack.physical_ids()["Topic"]
        stack.update(
            template(Topic={**topic(TopicName=f"{name}-named"), "UpdateReplacePolicy": "Retain"})
        )
        assert stack.physical_ids()["Topic"] != arn
        aws["sns"].get_topic_attributes(TopicArn=arn)
    aws["sns"].delete_topic(TopicArn=arn)


def test_resources_are_created_in_parallel(aws: Clients, name: str) -> None:
    resources = {f"Queue{number}": queue() for number in range(8)}
    with deployed(aws, template(**resources), name) as stack:
        events = [
            event["ResourceStatus"]
            for event in stack.events()
            if event["LogicalResourceId"] != name
        ]
    # The first one is complete only after others were begun.
    assert events.index("CREATE_COMPLETE") > 1


def test_a_replacement_retains_by_the_policy_of_the_new_template(aws: Clients, name: str) -> None:
    with deployed(aws, template(Topic=topic()), name) as stack:
        former = stack.physical_ids()["Topic"]

        retaining = {**topic(TopicName=f"{name}-named"), "UpdateReplacePolicy": "Retain"}
        assert stack.update(template(Topic=retaining)) == "UPDATE_COMPLETE"

        assert aws["sns"].get_topic_attributes(TopicArn=former)
        aws["sns"].delete_topic(TopicArn=former)
        ids = [
            event["PhysicalResourceId"]
            for event in stack.last_operation()
            if event["ResourceType"] == "AWS::SNS::Topic"
        ]
        # The replacement begins with the id of what is replaced.
        assert (ids[0], ids[1], ids[-1]) == (former, stack.physical_ids()["Topic"], former)
