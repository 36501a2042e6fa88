"""Parts of templates for tests of stacks."""

from typing import Any

type Declaration = dict[str, Any]


def queue(**properties: Any) -> Declaration:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def topic(**properties: Any) -> Declaration:
    return {"Type": "AWS::SNS::Topic", "Properties": properties}


def parameter(value: Any, **properties: Any) -> Declaration:
    return {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": value, **properties},
    }


def failing(*depends_on: str) -> Declaration:
    """Return a resource that cannot be created."""
    return {
        "Type": "AWS::SNS::Subscription",
        "DependsOn": list(depends_on),
        "Properties": {
            "Protocol": "sqs",
            "TopicArn": "arn:aws:sns:us-east-1:000000000000:there-is-no-such-topic",
            "Endpoint": "arn:aws:sqs:us-east-1:000000000000:nor-such-queue",
        },
    }


def template(**resources: Declaration) -> dict[str, Any]:
    return {"Resources": resources}


def function(code: str, role: Any) -> Declaration:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": role,
            "Code": {"ZipFile": code},
        },
    }


ROLE: Declaration = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    },
}
