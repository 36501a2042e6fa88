"""The order of transforms, snippets and macros.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html
"""

from __future__ import annotations

from typing import Any

import pytest
from localstack_testbed.cloudformation.errors import TransformError, ValidationError
from localstack_testbed.cloudformation.template.document import parse
from localstack_testbed.cloudformation.template.transforms import declared_transforms, process

PARAMETERS = {
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "Bucket": "snippets",
}
OBJECTS = {
    "s3://snippets/queue.yaml": "Queue:\n  Type: AWS::SQS::Queue\n",
    "s3://snippets/properties.json": '{"DelaySeconds": 5}',
    "s3://snippets/sections.yaml": "Outputs:\n  A:\n    Value: 1\n",
    "s3://snippets/short.yaml": "A: !Ref B\n",
    "s3://snippets/nested.yaml": "Fn::Transform: {Name: AWS::Include}\n",
    "s3://snippets/list.yaml": "- a\n",
    "s3://snippets/broken.yaml": "a: [\n",
    "s3://snippets/api.yaml": """
openapi: 3.0.1
info: {title: t}
paths:
  /hi:
    get:
      x-amazon-apigateway-integration:
        uri: {Fn::Sub: "arn:${AWS::Partition}:apigateway:${F.Arn}"}
""",
}


def read_object(url: str) -> str:
    if url not in OBJECTS:
        raise ValidationError("S3 error: Access Denied")
    return OBJECTS[url]


def processed(body: str, **parameters: Any) -> dict[str, Any]:
    return process(parse(body), {**PARAMETERS, **parameters}, read_object)


def failure(body: str) -> str:
    with pytest.raises(ValidationError) as raised:
        processed(body)
    return str(raised.value)


def include(location: str) -> str:
    return f"Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: {location}}}}}"


class TestInclude:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html"""

    def test_embedded(self) -> None:
        body = f"""
Resources:
  {include("s3://snippets/queue.yaml")}
  Other:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: q
      {include('!Sub "s3://${Bucket}/properties.json"')}
"""
        assert processed(body)["Resources"] == {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Other": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"QueueName": "q", "DelaySeconds": 5},
            },
        }

    def test_top_level(self) -> None:
        body = """
Transform: {Name: AWS::Include, Parameters: {Location: s3://snippets/sections.yaml}}
Resources: {A: {Type: T}}
"""
        assert processed(body) == {
            "Resources": {"A": {"Type": "T"}},
            "Outputs": {"A": {"Value": 1}},
        }

    def test_short_form_of_the_function(self) -> None:
        body = """
Resources:
  A:
    Type: T
    Properties:
      !Transform {Name: AWS::Include, Parameters: {Location: s3://snippets/properties.json}}
"""
        assert processed(body)["Resources"]["A"]["Properties"] == {"DelaySeconds": 5}

    @pytest.mark.parametrize(
        ("location", "message"),
        [
            ("queue.yaml", "The location parameter is not a valid S3 uri."),
            ("s3://snippets/missing.yaml", "S3 error: Access Denied"),
            (
                "s3://snippets/short.yaml",
                "The specified S3 object's content should be valid Yaml/JSON (s3://snippets/short."
                "yaml: line 1 has the short form !Ref; write the full function name)",
            ),
            ("s3://snippets/nested.yaml", "a snippet cannot include another one)"),
            ("s3://snippets/list.yaml", "it is not an object)"),
            ("s3://snippets/broken.yaml", "content should be valid Yaml/JSON"),
        ],
    )
    def test_unusable_snippets(self, location: str, message: str) -> None:
        said = failure(f"Resources:\n  {include(location)}")
        assert said.startswith("Transform AWS::Include failed with: ")
        assert message in said

    def test_what_the_template_has_already(self) -> None:
        body = f"Resources:\n  Queue: {{Type: T}}\n  {include('s3://snippets/queue.yaml')}"
        assert "'Queue' is in the template as well" in failure(body)

    def test_a_location_that_is_not_known(self) -> None:
        assert failure(f"Resources:\n  {include('!GetAtt A.B')}") == (
            "The value of parameter Location under transform AWS::Include must resolve to a "
            "string, number, boolean or a list of any of these."
        )

    def test_the_definition_of_an_api_is_included_before_sam_reads_it(self) -> None:
        body = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      DefinitionBody:
        {include("s3://snippets/api.yaml")}
"""
        assert list(processed(body)["Resources"]["Api"]["Properties"]["Body"]["paths"]) == ["/hi"]


class TestMacros:
    @pytest.mark.parametrize(
        ("transform", "message"),
        [
            ("Foo", "No transform named 123456789012::Foo found."),
            ("{Name: Foo}", "No transform named 123456789012::Foo found."),
            ("111111111111::Foo", "No transform named 111111111111::Foo found."),
            ("{Name: !Ref A}", "Key Name of transform definition must be a string."),
            (
                "AWS::SecretsManager-2024-09-16",
                "The transform AWS::SecretsManager-2024-09-16 is not available in this testbed.",
            ),
        ],
    )
    def test_unknown_transforms(self, transform: str, message: str) -> None:
        assert failure(f"Transform: {transform}\nResources: {{A: {{Type: T}}}}") == message
        assert failure(f"Resources: {{A: {{Fn::Transform: {transform}}}}}") == message

    @pytest.mark.parametrize("name", ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"])
    def test_transforms_of_whole_templates(self, name: str) -> None:
        assert "can only be declared in the Transform section" in failure(
            f"Resources: {{Fn::Transform: {{Name: {name}}}}}"
        )

    def test_loops_are_expanded_before_sam_reads_the_resources(self) -> None:
        """https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-language-extensions.html"""
        body = """
Transform: [%s, %s]
Resources:
  Fn::ForEach::Functions:
    - Name
    - [A, B]
    - ${Name}:
        Type: AWS::Serverless::Function
        Properties: {Runtime: python3.13, Handler: a.b, InlineCode: pass}
"""
        names = ("AWS::LanguageExtensions", "AWS::Serverless-2016-10-31")
        assert sorted(processed(body % names)["Resources"]) == ["A", "ARole", "B", "BRole"]
        assert "All 'Resources' must be Objects." in failure(body % names[::-1])

    def test_declared_transforms(self) -> None:
        body = f"""
Transform: [AWS::LanguageExtensions, {{Name: Foo}}]
Resources:
  {include("s3://snippets/queue.yaml")}
  Transform: {{Type: AWS::CloudFormation::Macro, Properties: {{Name: a}}}}
"""
        assert declared_transforms(parse(body)) == [
            "AWS::LanguageExtensions",
            "Foo",
            "AWS::Include",
        ]
        assert declared_transforms(parse("Resources: {A: {Type: T}}")) == []

    def test_failed_transforms_are_distinguished(self) -> None:
        """AWS accepts such a request, and the change set fails."""
        with pytest.raises(TransformError):
            processed(f"Resources:\n  {include('queue.yaml')}")
