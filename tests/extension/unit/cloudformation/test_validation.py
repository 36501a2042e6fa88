"""What is wrong with a template is said before anything is touched, in AWS's words.

https://repost.aws/knowledge-center/cloudformation-template-validation
"""

from __future__ import annotations

from typing import Any

import pytest
from localstack_testbed.cloudformation.errors import (
    InsufficientCapabilitiesError,
    ValidationError,
)
from localstack_testbed.cloudformation.template import validation
from localstack_testbed.cloudformation.template.document import ResourceDeclaration, Template
from localstack_testbed.cloudformation.template.validation import (
    check_capabilities,
    required_capabilities,
    unsupported,
    validate,
)

HERE = ("AWS::CDK::Metadata", "AWS::IAM::", "AWS::SQS::", "AWS::SNS::", "AWS::CloudFormation::")


@pytest.fixture(autouse=True)
def supported_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decide which types this testbed has."""
    monkeypatch.setattr(
        validation,
        "resource_type",
        lambda name: name if name.startswith((*HERE, "Custom::")) else None,
    )


def resource(kind: str = "AWS::SQS::Queue", **attributes: Any) -> dict[str, Any]:
    return {"type": kind, **attributes}


def template(resources: dict[str, dict[str, Any]] | None = None, **sections: Any) -> Template:
    declared = {"Queue": resource()} if resources is None else resources
    return Template(
        resources={name: ResourceDeclaration(name, **each) for name, each in declared.items()},
        **sections,
    )


def property_of(value: Any, **sections: dict[str, Any]) -> Template:
    """Return a template with a queue, and with a resource that has a value as a property."""
    topic = resource("AWS::SNS::Topic", properties={"TopicName": value})
    return template({"Queue": resource(), "Topic": topic}, **sections)


def error(checked: Template, *, skip_unsupported: bool = False, body: str = "") -> str:
    with pytest.raises(ValidationError) as raised:
        validate(checked, skip_unsupported=skip_unsupported, body=body)
    return str(raised.value)


def accept(checked: Template, *, skip_unsupported: bool = False) -> None:
    validate(checked, skip_unsupported=skip_unsupported)


class TestTypes:
    def test_unknown(self) -> None:
        found = error(
            template(
                {
                    "A": resource("AWS::SQS::Queu"),
                    "B": resource("Nobody::Has::This"),
                    "C": resource("AWS::SQS::Queu"),
                }
            )
        )
        assert found == (
            "Template format error: Unrecognized resource types:"
            " [AWS::SQS::Queu, Nobody::Has::This]. Did you mean AWS::SQS::Queue?"
        )

    def test_unknown_types_are_not_skipped(self) -> None:
        found = error(template({"A": resource("AWS::SQS::Queu")}), skip_unsupported=True)
        assert "Unrecognized resource types: [AWS::SQS::Queu]" in found

    def test_serverless_types_require_the_transform(self) -> None:
        found = error(template({"A": resource("AWS::Serverless::Function")}))
        assert found == (
            "Template format error: Unrecognized resource types: [AWS::Serverless::Function]."
            " AWS::Serverless::Function requires 'Transform: AWS::Serverless-2016-10-31'"
        )

    def test_not_in_this_testbed(self) -> None:
        body = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n  Table:\n    Type: x\n"
        checked = template(
            {
                "Queue": resource(),
                "Table": resource("AWS::DynamoDB::Table"),
                "GeneratedStream": resource("AWS::Kinesis::Stream"),
            }
        )
        assert error(checked, body=body) == (
            "These resources have types that exist on AWS, but not in this testbed:\n"
            "  Table (AWS::DynamoDB::Table), line 4\n"
            "  GeneratedStream (AWS::Kinesis::Stream)\n"
            "Remove them from the template, or set TESTBED_SKIP_UNSUPPORTED_RESOURCES=1 for"
            " LocalStack to deploy the others without them."
        )
        assert unsupported(checked) == {
            "Table": "AWS::DynamoDB::Table",
            "GeneratedStream": "AWS::Kinesis::Stream",
        }
        accept(checked, skip_unsupported=True)

    @pytest.mark.parametrize(
        ("body", "line"),
        [
            ('{"Resources": {\n "Queue": {},\n "Table": {}}}', ", line 3"),
            ('{\n"Resources": {"Queue": {},"Table": {}}}', ", line 2"),
            ("Outputs:\n  Table: {}\nResources:\n  MyTable: {}\n  Table: {}\n", ", line 5"),
            ("Resources:\r\n  Queue: {}\r\n  Table:\r\n", ", line 3"),
            ("Resources:\n  'Table' : {}\n", ", line 2"),
            # Nothing to say: everything is in one line, or a transform made the resource.
            ('{"Resources": {"Queue": {}, "Table": {}}}', ""),
            ("Resources:\n  Simple: {}\n", ""),
        ],
    )
    def test_line(self, body: str, line: str) -> None:
        checked = template({"Queue": resource(), "Table": resource("AWS::DynamoDB::Table")})
        assert f"  Table (AWS::DynamoDB::Table){line}\n" in error(checked, body=body)

    def test_references_to_skipped_resources_are_free(self) -> None:
        checked = template(
            {
                "Table": resource("AWS::DynamoDB::Table"),
                "Topic": resource(
                    "AWS::SNS::Topic", properties={"TopicName": {"Fn::GetAtt": ["Table", "Any"]}}
                ),
            }
        )
        accept(checked, skip_unsupported=True)

    @pytest.mark.parametrize(
        "kind", ["AWS::CDK::Metadata", "Custom::Thing", "AWS::CloudFormation::CustomResource"]
    )
    def test_types_without_a_schema(self, kind: str) -> None:
        accept(template({"A": resource(kind, properties={"ServiceToken": "arn"})}))

    @pytest.mark.parametrize("kind", ["Custom::Thing", "AWS::CloudFormation::CustomResource"])
    def test_custom_resources_require_a_service_token(self, kind: str) -> None:
        found = error(template({"A": resource(kind)}))
        assert found == (
            "Properties validation failed for resource A with message:"
            "\n#: required key [ServiceToken] not found"
        )


class TestPolicies:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html"""

    @pytest.mark.parametrize("value", ["Delete", "Retain", "RetainExceptOnCreate"])
    def test_valid_deletion_policy(self, value: str) -> None:
        accept(template({"A": resource(deletion_policy=value)}))

    def test_unknown_value(self) -> None:
        assert error(template({"A": resource(deletion_policy="Keep")})) == (
            "Template format error: Unrecognized DeletionPolicy Keep for resource A"
        )

    def test_snapshot(self) -> None:
        assert error(template({"A": resource(deletion_policy="Snapshot")})) == (
            "Template error: resource type AWS::SQS::Queue does not support deletion policy"
            " Snapshot"
        )
        database = template({"A": resource("AWS::RDS::DBInstance", deletion_policy="Snapshot")})
        accept(database, skip_unsupported=True)

    def test_value_that_is_no_text(self) -> None:
        assert error(template({"A": resource(deletion_policy={"Ref": "P"})})) == (
            "Template format error: Every DeletionPolicy member must be a string."
        )

    def test_update_replace_policy(self) -> None:
        accept(template({"A": resource(update_replace_policy="Retain")}))
        assert error(template({"A": resource(update_replace_policy="RetainExceptOnCreate")})) == (
            "Template format error: Unrecognized UpdateReplacePolicy RetainExceptOnCreate for"
            " resource A"
        )


class TestReferences:
    @pytest.mark.parametrize(
        "value",
        [
            {"Ref": "Queue"},
            {"Ref": "P"},
            {"Ref": "AWS::Region"},
            {"Ref": "AWS::NoValue"},
            {"Fn::GetAtt": ["Queue", "Arn"]},
            {"Fn::GetAtt": "Queue.Arn"},
            {"Fn::GetAtt": ["Queue", {"Ref": "P"}]},
            {"Fn::Sub": "${Queue}-${Queue.Arn}-${P}-${AWS::AccountId}-${!Literal}-$x"},
            {"Fn::Sub": ["${Local}-${Lo.cal}", {"Local": {"Ref": "Queue"}, "Lo.cal": "x"}]},
            {"Fn::If": ["C", "a", {"Ref": "AWS::NoValue"}]},
            {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "b"]},
            {"Fn::ImportValue": {"Fn::Sub": "${P}-${AWS::StackName}"}},
            [{"nested": [{"Ref": "Queue"}]}],
        ],
    )
    def test_valid(self, value: Any) -> None:
        accept(
            property_of(
                value,
                parameters={"P": {}},
                conditions={"C": {"Fn::Equals": ["a", {"Ref": "P"}]}},
                mappings={"M": {}},
            )
        )

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (
                [{"Ref": "A"}, {"Fn::Sub": "${B}"}, {"Ref": "A"}],
                "Template format error: Unresolved resource dependencies [A, B] in the Resources"
                " block of the template",
            ),
            (
                {"Ref": "AWS::Regio"},
                "Template format error: Unresolved resource dependencies [AWS::Regio] in the"
                " Resources block of the template",
            ),
            (
                {"Fn::If": ["C", "a", {"Ref": "A"}]},
                "Template format error: Unresolved resource dependencies [A] in the Resources"
                " block of the template",
            ),
            (
                {"Fn::Sub": ["${Local}", {"Local": {"Ref": "A"}}]},
                "Template format error: Unresolved resource dependencies [A] in the Resources"
                " block of the template",
            ),
            (
                {"Fn::GetAtt": ["X", "Arn"]},
                "Template error: instance of Fn::GetAtt references undefined resource X",
            ),
            (
                {"Fn::GetAtt": "P.Arn"},
                "Template error: instance of Fn::GetAtt references undefined resource P",
            ),
            (
                {"Fn::GetAtt": ["Queue", "Url"]},
                "Template error: resource Queue does not support attribute type Url in Fn::GetAtt",
            ),
            (
                {"Fn::Sub": "${Queue.Url}"},
                "Template error: resource Queue does not support attribute type Url in Fn::GetAtt",
            ),
            (
                {"Fn::Sub": "${X.Arn}"},
                "Template error: instance of Fn::Sub references invalid resource attribute X.Arn",
            ),
            (
                {"Fn::Sub": "${a:-b}"},
                "Template error: variable names in Fn::Sub syntax must contain only alphanumeric"
                " characters, underscores, periods, and colons (found ${a:-b})",
            ),
            (
                {"Fn::ImportValue": {"Ref": "Queue"}},
                "Template error: the attribute in Fn::ImportValue must not depend on any"
                " resources, imported values, or Fn::GetAZs",
            ),
        ],
    )
    def test_invalid(self, value: Any, expected: str) -> None:
        checked = property_of(
            value, parameters={"P": {}}, conditions={"C": {"Fn::Equals": ["a", "b"]}}
        )
        assert error(checked) == expected

    def test_in_metadata(self) -> None:
        assert "[A]" in error(template({"Queue": resource(metadata={"a": {"Ref": "A"}})}))

    def test_depends_on(self) -> None:
        accept(template({"A": resource(), "B": resource(depends_on=("A",))}))
        assert error(template({"B": resource(depends_on=("A", "C"))})) == (
            "Template format error: Unresolved resource dependencies [A, C] in the Resources"
            " block of the template"
        )

    def test_attributes_of_nested_stacks_and_custom_resources(self) -> None:
        resources = {
            "Nested": resource("AWS::CloudFormation::Stack"),
            "Custom": resource("Custom::Thing", properties={"ServiceToken": "arn"}),
        }
        for value in ({"Fn::GetAtt": "Nested.Outputs.Url"}, {"Fn::GetAtt": "Custom.Any.Thing"}):
            accept(template({**resources, "Queue": resource(properties={"QueueName": value})}))
        value = {"Fn::GetAtt": "Nested.Url"}
        found = error(template({**resources, "Queue": resource(properties={"QueueName": value})}))
        assert "resource Nested does not support attribute type Url" in found


class TestConditions:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html"""

    def test_references_to_resources(self) -> None:
        checked = template(conditions={"C": {"Fn::Equals": [{"Ref": "Queue"}, {"Ref": "X"}]}})
        assert error(checked) == (
            "Template format error: Unresolved dependencies [Queue, X]. Cannot reference"
            " resources in the Conditions block of the template"
        )

    def test_undefined_condition(self) -> None:
        assert error(template(conditions={"C": {"Fn::Not": [{"Condition": "D"}]}})) == (
            "Template error: unresolved condition dependency D in Condition C"
        )

    def test_cycle(self) -> None:
        conditions = {
            "C": {"Fn::Not": [{"Condition": "D"}]},
            "D": {"Fn::Not": [{"Condition": "E"}]},
            "E": {"Condition": "D"},
        }
        assert error(template(conditions=conditions)) == (
            "Template format error: Circular dependency between conditions: [D, E]"
        )

    def test_of_resources_and_outputs(self) -> None:
        expected = "Template format error: Condition C is not defined."
        assert error(template({"A": resource(condition="C")})) == expected
        assert error(template(outputs={"O": {"Value": "a", "Condition": "C"}})) == expected


class TestOutputs:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html"""

    def test_valid(self) -> None:
        name = {"Name": {"Fn::Sub": "${AWS::StackName}-queue"}}
        accept(template(outputs={"O": {"Value": {"Ref": "Queue"}, "Export": name}}))

    def test_undefined_name(self) -> None:
        assert error(template(outputs={"O": {"Value": {"Ref": "A"}}})) == (
            "Unresolved resource dependencies [A] in the Outputs block of the template"
        )

    def test_undefined_attribute(self) -> None:
        assert error(template(outputs={"O": {"Value": {"Fn::GetAtt": "A.Arn"}}})) == (
            "Template error: instance of Fn::GetAtt references undefined resource A"
        )

    @pytest.mark.parametrize(
        "name", [{"Ref": "Queue"}, {"Fn::GetAtt": "Queue.Arn"}, {"Fn::ImportValue": "x"}]
    )
    def test_name_of_an_export(self, name: dict[str, Any]) -> None:
        found = error(template(outputs={"O": {"Value": "a", "Export": {"Name": name}}}))
        assert found == (
            "Template format error: Output O is malformed. The Name field of Export must not"
            " depend on any resources, imported values, or Fn::GetAZs."
        )


class TestCapabilities:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html"""

    ROLE = template({"R": resource("AWS::IAM::Role")})
    NAMED = template({"R": resource("AWS::IAM::Role", properties={"RoleName": {"Ref": "P"}})})
    POLICY = template({"R": resource("AWS::IAM::Policy", properties={"PolicyName": "p"})})

    @pytest.mark.parametrize(
        ("checked", "given", "missing"),
        [
            (template(), [], None),
            (ROLE, [], "CAPABILITY_IAM"),
            (ROLE, ["CAPABILITY_AUTO_EXPAND"], "CAPABILITY_IAM"),
            (ROLE, ["CAPABILITY_IAM"], None),
            (ROLE, ["CAPABILITY_NAMED_IAM"], None),
            (POLICY, ["CAPABILITY_IAM"], None),
            (NAMED, [], "CAPABILITY_NAMED_IAM"),
            (NAMED, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
            (NAMED, ["CAPABILITY_NAMED_IAM"], None),
        ],
    )
    def test_iam(self, checked: Template, given: list[str], missing: str | None) -> None:
        if missing is None:
            check_capabilities(checked, given, transformed=False)
            return
        with pytest.raises(InsufficientCapabilitiesError) as raised:
            check_capabilities(checked, given, transformed=False)
        assert raised.value.code == "InsufficientCapabilitiesException"
        assert str(raised.value) == f"Requires capabilities : [{missing}]"

    def test_transforms(self) -> None:
        check_capabilities(template(), ["CAPABILITY_AUTO_EXPAND"], transformed=True)
        with pytest.raises(InsufficientCapabilitiesError, match="CAPABILITY_AUTO_EXPAND"):
            check_capabilities(self.ROLE, ["CAPABILITY_IAM"], transformed=True)

    def test_reason(self) -> None:
        assert required_capabilities(self.ROLE) == {"CAPABILITY_IAM": ["AWS::IAM::Role"]}
        assert required_capabilities(template()) == {}
