"""Exports and imports.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
"""

from __future__ import annotations

import json
from typing import Any

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.test_stacks import rejected


def exporting(export: str, value: str = "one") -> dict[str, Any]:
    """Return a template that exports a value."""
    handle = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    return {
        "Resources": {"Handle": handle},
        "Outputs": {"Value": {"Value": value, "Export": {"Name": export}}},
    }


def importing(export: str) -> dict[str, Any]:
    """Return a template that imports it."""
    value = {"Fn::ImportValue": export}
    tags = [{"Key": "imported", "Value": value}]
    return {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Tags": tags}}}}


def test_export_and_import(aws: Clients, name: str) -> None:
    client = aws["cloudformation"]
    with deployed(aws, exporting(name), f"{name}-a") as exporter:
        pages = client.get_paginator("list_exports").paginate()
        found = [each for page in pages for each in page["Exports"] if each["Name"] == name]
        assert found == [{"ExportingStackId": exporter.id, "Name": name, "Value": "one"}]
        with rejected(match=f"Export '{name}' is not imported by any stack"):
            client.list_imports(ExportName=name)
        with deployed(aws, importing(name), f"{name}-b") as importer:
            [url] = importer.physical_ids().values()
            assert aws["sqs"].list_queue_tags(QueueUrl=url)["Tags"]["imported"] == "one"
            assert client.list_imports(ExportName=name)["Imports"] == [importer.name]
            assert exporter.delete() == "CREATE_COMPLETE"
            assert "in use" in exporter.describe()["StackStatusReason"]


def test_export_in_use_cannot_change(aws: Clients, name: str) -> None:
    with (
        deployed(aws, exporting(name), f"{name}-a") as exporter,
        deployed(aws, importing(name), f"{name}-b") as importer,
    ):
        assert exporter.update(exporting(name, "two")) == "UPDATE_ROLLBACK_COMPLETE"
        assert (
            f"Export {name} cannot be updated as it is in use by {importer.name}"
            in exporter.report()
        )
        assert exporter.outputs() == {"Value": "one"}


def test_export_of_another_stack(aws: Clients, name: str) -> None:
    with deployed(aws, exporting(name), f"{name}-a") as exporter:
        other = Deployed(aws, f"{name}-b")
        message = f"Export with name {name} is already exported by stack {exporter.name}"
        with rejected(match=message):
            other.create(exporting(name, "two"))


def test_missing_export(aws: Clients, name: str) -> None:
    client = aws["cloudformation"]
    with rejected(match=f"No export named {name} found"):
        client.create_stack(StackName=name, TemplateBody=json.dumps(importing(name)))
    with rejected(match=f"No export named {name} found"):
        client.list_imports(ExportName=name)


def test_export_is_in_use_while_a_stack_is_created(aws: Clients, name: str) -> None:
    with deployed(aws, exporting(name), f"{name}-a") as exporter:
        waiting = importing(name)
        waiting["Resources"] |= {
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "Condition": {
                "Type": "AWS::CloudFormation::WaitCondition",
                "DependsOn": "Queue",
                "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": 300},
            },
        }
        importer = Deployed(aws, f"{name}-b")
        body = json.dumps(waiting)
        made = importer.client.create_stack(StackName=importer.name, TemplateBody=body)
        importer.id = made["StackId"]
        until(lambda: importer.physical_ids().get("Queue"), within=20, what="queue")

        assert exporter.delete() == "CREATE_COMPLETE"

        assert importer.delete() == "DELETE_COMPLETE"
