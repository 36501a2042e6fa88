"""Wait conditions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html
"""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed

TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Condition": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": 60, "Count": 2},
        },
    },
    "Outputs": {"Data": {"Value": {"Fn::GetAtt": ["Condition", "Data"]}}},
}


def begun(aws: Clients, name: str) -> tuple[Deployed, str]:
    """Begin to create the stack; return it and the URL for signals."""
    stack = Deployed(aws, name)
    made = stack.client.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))
    stack.id = made["StackId"]
    url = until(lambda: stack.physical_ids().get("Handle"), within=20, what="URL for signals")
    return stack, url


def signal(url: str, **body: Any) -> None:
    put = Request(url, data=json.dumps(body).encode(), method="PUT")
    with urlopen(put, timeout=10) as response:
        assert response.status == 200


def test_the_stack_waits_for_all_signals(aws: Clients, name: str) -> None:
    stack, url = begun(aws, name)

    signal(url, Status="SUCCESS", Reason="", UniqueId="one", Data="first")
    assert stack.status() == "CREATE_IN_PROGRESS"
    with pytest.raises(HTTPError, match="404"):
        signal(f"{url}x", Status="SUCCESS", Reason="", UniqueId="two", Data="forged")
    signal(url, Status="SUCCESS", Reason="", UniqueId="two", Data="second")

    assert stack.settled() == "CREATE_COMPLETE"
    assert json.loads(stack.outputs()["Data"]) == {"one": "first", "two": "second"}
    stack.delete()


def test_a_signal_of_failure(aws: Clients, name: str) -> None:
    stack, url = begun(aws, name)

    signal(url, Status="FAILURE", Reason="no luck", UniqueId="one", Data="")

    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert "WaitCondition received failed message: 'no luck' for uniqueId: one" in stack.report()
    stack.delete()


def test_an_update_can_be_cancelled(aws: Clients, name: str) -> None:
    stack = Deployed(aws, name)
    only_handle = {"Resources": {"Handle": TEMPLATE["Resources"]["Handle"]}}
    assert stack.create(only_handle) == "CREATE_COMPLETE"
    stack.client.update_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))

    stack.client.cancel_update_stack(StackName=name)

    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert set(stack.physical_ids()) == {"Handle"}
    stack.delete()
