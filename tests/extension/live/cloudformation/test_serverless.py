"""Everything that SAM generates deploys as on AWS, or is rejected before anything is created.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import batched
from pathlib import Path
from typing import Any

import pytest
import requests
import samtranslator.policy_templates_data as policy_templates  # type: ignore[import-untyped]
from localstack_testbed.cloudformation.template.document import parse

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import CAPABILITIES, deployed
from tests.extension.stacks import parameters

FOLDER = Path(__file__).parent / "serverless"
POLICIES: Mapping[str, Any] = json.loads(Path(policy_templates.POLICY_TEMPLATES_FILE).read_text())[
    "Templates"
]


@cache
def template(name: str) -> dict[str, Any]:
    return dict(parse((FOLDER / f"{name}.yaml").read_text()))


def archive(name: str, content: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def code(aws: Clients, name: str) -> Iterator[list[dict[str, str]]]:
    """The parameters that say where the code is."""
    s3 = aws["s3"]
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    handler = "import layer\ndef handler(event, context): return layer.NAME"
    put = s3.put_object(Bucket=name, Key="code.zip", Body=archive("index.py", handler))
    layer = archive("python/layer.py", "NAME = 'layer'")
    s3.put_object(Bucket=name, Key="layer.zip", Body=layer)
    yield parameters(Bucket=name, Version=put["VersionId"])
    for each in s3.list_object_versions(Bucket=name)["Versions"]:
        s3.delete_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=name)


def payload(aws: Clients, function: str) -> Any:
    return json.loads(aws["lambda"].invoke(FunctionName=function)["Payload"].read())


def test_functions_and_layers(aws: Clients, code: list[dict[str, str]]) -> None:
    with deployed(aws, template("functions"), Parameters=code) as stack:
        ids, outputs = stack.physical_ids(), stack.outputs()
        client = aws["lambda"]
        assert payload(aws, ids["Zipped"]) == "layer"
        assert payload(aws, outputs["Alias"]) == "first"

        function = client.get_function(FunctionName=ids["Everything"])
        configuration = function["Configuration"]
        assert outputs["Role"] == configuration["Role"]
        assert configuration["Role"].split(":role")[1].startswith("/shop/")
        assert function["Concurrency"] == {"ReservedConcurrentExecutions": 3}
        assert function["Tags"] == {"team": "shop"}
        assert configuration["TracingConfig"] == {"Mode": "Active"}
        assert configuration["DeadLetterConfig"]["TargetArn"].endswith(
            ids["Queue"].rpartition("/")[2]
        )
        role = aws["iam"].get_role(RoleName=ids["EverythingRole"])["Role"]
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith("PowerUserAccess")
        attached = aws["iam"].list_attached_role_policies(RoleName=ids["EverythingRole"])
        assert {each["PolicyName"] for each in attached["AttachedPolicies"]} == {
            "AWSLambdaBasicExecutionRole",
            "AWSLambdaExecute",
            "AWSLambdaVPCAccessExecutionRole",
            "AWSXrayWriteOnlyAccess",
        }
        inline = aws["iam"].list_role_policies(RoleName=ids["EverythingRole"])["PolicyNames"]
        assert len(inline) == 5  # those of the destinations and the dead-letter queue as well

        [version] = [
            each
            for each in client.list_versions_by_function(FunctionName=ids["Everything"])["Versions"]
            if each["Version"] != "$LATEST"
        ]
        assert version["Description"] == "The version"
        assert version["FunctionArn"] == outputs["Version"]
        which = {"FunctionName": ids["Everything"], "Qualifier": "live"}
        provisioned = client.get_provisioned_concurrency_config(**which)
        assert provisioned["AllocatedProvisionedConcurrentExecutions"] == 1
        retries = client.get_function_event_invoke_config(**which)
        assert retries["MaximumRetryAttempts"] == 1
        assert retries["DestinationConfig"]["OnFailure"] == {"Destination": outputs["OnFailure"]}
        assert client.get_function_url_config(**which)["FunctionUrl"] == outputs["Url"]
        retries = client.get_function_event_invoke_config(
            FunctionName=ids["Destinations"], Qualifier="$LATEST"
        )
        assert retries["DestinationConfig"]["OnSuccess"]["Destination"].endswith(ids["Bus"])

        changed = json.loads(json.dumps(template("functions")).replace("'first'", "'second'"))
        changed["Resources"]["Everything"]["Properties"]["AutoPublishCodeSha256"] = "2" * 64
        text = parameters(Text="second")
        assert stack.update(changed, Parameters=code + text) == "UPDATE_COMPLETE", stack.report()

        after = stack.outputs()
        assert payload(aws, after["Alias"]) == "second"
        assert after["Alias"] == outputs["Alias"]
        numbers = [int(each["Version"].rpartition(":")[2]) for each in (outputs, after)]
        assert numbers == [1, 2]
        # VersionDeletionPolicy: Delete, and RetentionPolicy: Delete or Retain
        assert not exists(client.get_function, FunctionName=outputs["Version"])
        layers = [outputs["Layer"], after["Layer"], outputs["Kept"], after["Kept"]]
        kept = [exists(client.get_layer_version_by_arn, Arn=each) for each in layers]
        assert kept == [False, True, True, True]
    for each in (outputs["Kept"], after["Kept"]):
        layer, _, version = each.rpartition(":")
        client.delete_layer_version(LayerName=layer, VersionNumber=int(version))


def exists(call: Any, **arguments: Any) -> bool:
    try:
        call(**arguments)
    except call.__self__.exceptions.ResourceNotFoundException:
        return False
    return True


def test_event_sources(aws: Clients) -> None:
    with deployed(aws, template("events")) as stack:
        ids = stack.physical_ids()
        function = ids["Receiver"]
        alias = f"{function}:live"
        _check_polled(aws, ids)

        statements = json.loads(
            aws["lambda"].get_policy(FunctionName=function, Qualifier="live")["Policy"]
        )["Statement"]
        services = {
            each["Sid"]: each["Principal"]["Service"].partition(".")[0] for each in statements
        }
        permissions = [name for name in ids if "Permission" in name]
        assert {ids[name] for name in permissions} == services.keys()
        assert set(services.values()) == {"apigateway", "events", "logs", "s3", "sns"}

        topic = aws["sns"].list_subscriptions_by_topic(TopicArn=ids["Topic"])["Subscriptions"]
        endpoints: dict[str, list[str]] = {each["Protocol"]: [] for each in topic}
        for each in topic:
            endpoints[each["Protocol"]].append(each["Endpoint"])
        assert [each.endswith(alias) for each in endpoints["lambda"]] == [True]
        assert len(endpoints["sqs"]) == 2
        attributes = aws["sns"].get_subscription_attributes(SubscriptionArn=ids["ReceiverSns"])
        assert attributes["Attributes"]["FilterPolicyScope"] == "MessageBody"
        assert json.loads(attributes["Attributes"]["FilterPolicy"]) == {"kind": ["order"]}

        notified = aws["s3"].get_bucket_notification_configuration(Bucket=ids["Bucket"])[
            "LambdaFunctionConfigurations"
        ]
        assert all(each["LambdaFunctionArn"].endswith(alias) for each in notified)
        assert sorted(each["Events"] for each in notified) == [
            ["s3:ObjectCreated:Put"],
            ["s3:ObjectRemoved:*"],
        ]
        [subscribed] = aws["logs"].describe_subscription_filters(logGroupName=ids["Logs"])[
            "subscriptionFilters"
        ]
        assert subscribed["filterPattern"] == "ERROR"
        _check_rules(aws, ids, alias)
        _check_schedules(aws, ids, alias)
        _check_api(aws, ids)


def _check_polled(aws: Clients, ids: Mapping[str, str]) -> None:
    found = {
        name: aws["lambda"].get_event_source_mapping(UUID=ids[name])
        for name in (
            "ReceiverSqs",
            "ReceiverSnsOverQueueEventSourceMapping",
            "ReceiverSnsOverOwnQueueEventSourceMapping",
        )
    }
    assert all(each["FunctionArn"].endswith(":live") for each in found.values())
    assert [each["BatchSize"] for each in found.values()] == [5, 10, 3]
    queue = found["ReceiverSqs"]
    assert queue["State"] == "Disabled"
    assert queue["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queue["ScalingConfig"] == {"MaximumConcurrency": 2}


def _check_rules(aws: Clients, ids: Mapping[str, str], alias: str) -> None:
    targets = {}
    for name in ids:
        if name.startswith("Receiver") and f"{name}Permission" in ids and "|" not in ids[name]:
            for rule in aws["events"].list_rules(NamePrefix=ids[name])["Rules"]:
                [target] = aws["events"].list_targets_by_rule(Rule=rule["Name"])["Targets"]
                assert target["Arn"].endswith(alias)
                targets[name] = (rule["State"], target)
    bus, _, rule_name = ids["ReceiverRule"].partition("|")
    which = {"EventBusName": bus, "Rule": rule_name}
    [target] = aws["events"].list_targets_by_rule(**which)["Targets"]
    assert target["Id"] == "receiver"
    assert target["InputTransformer"] == {
        "InputPathsMap": {"a": "$.detail"},
        "InputTemplate": '"<a>"',
    }
    assert target["DeadLetterConfig"]["Arn"].endswith(ids["RuleFailures"].rpartition("/")[2])
    assert targets.keys() == {
        "ReceiverOtherCloudWatchEvent",
        "ReceiverOtherSchedule",
        "ReceiverRuleWithInput",
        "ReceiverRuleWithPath",
        "ReceiverSchedule",
    }
    state, target = targets["ReceiverSchedule"]
    assert state == "DISABLED"
    assert target["Input"] == '{"a": 1}'
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 100}
    # The queue lets the rule send.
    policy = aws["sqs"].get_queue_attributes(
        QueueUrl=ids["ScheduleFailures"], AttributeNames=["Policy"]
    )["Attributes"]["Policy"]
    [statement] = json.loads(policy)["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}


def _check_schedules(aws: Clients, ids: Mapping[str, str], alias: str) -> None:
    client = aws["scheduler"]
    schedule = client.get_schedule(Name=ids["ReceiverScheduleV2"], GroupName=ids["Group"])
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}
    target = schedule["Target"]
    assert target["Arn"].endswith(alias)
    assert target["RoleArn"].endswith(ids["ReceiverScheduleV2Role"])
    assert target["DeadLetterConfig"]["Arn"].endswith(
        ids["ReceiverScheduleV2Queue"].rpartition("/")[2]
    )
    other = client.get_schedule(Name=ids["ReceiverOtherScheduleV2"])
    assert other["State"] == "ENABLED"
    assert other["Target"]["RoleArn"] == target["RoleArn"]


def _check_api(aws: Clients, ids: Mapping[str, str]) -> None:
    client, api = aws["apigateway"], ids["Api"]
    paths = {each["path"]: each for each in client.get_resources(restApiId=api)["items"]}
    method = client.get_method(
        restApiId=api, resourceId=paths["/orders/{id}"]["id"], httpMethod="GET"
    )
    assert method["apiKeyRequired"] is True
    # SAM writes the names of models in small letters.
    assert method["requestModels"] == {"application/json": "order"}
    assert method["requestParameters"] == {
        "method.request.header.Accept": False,
        "method.request.querystring.q": True,
        "method.request.path.id": True,
    }
    assert method["methodIntegration"]["timeoutInMillis"] == 1000
    implicit = {
        each["path"]: [*each.get("resourceMethods", ())]
        for each in client.get_resources(restApiId=ids["ServerlessRestApi"])["items"]
    }
    assert implicit == {"/": [], "/any": ["ANY"]}


def test_connectors(aws: Clients) -> None:
    with deployed(aws, template("connectors")) as stack:
        ids = stack.physical_ids()
        iam, function = aws["iam"], aws["lambda"]
        arns = [
            each["PolicyArn"]
            for each in iam.list_attached_role_policies(RoleName=ids["FunctionRole"])[
                "AttachedPolicies"
            ]
        ]
        documents = {
            name: iam.get_policy_version(PolicyArn=ids[name], VersionId="v1")["PolicyVersion"][
                "Document"
            ]
            for name in ids
            if ids[name] in arns
        }
        allowed = {
            name: sorted({s["Action"][0].partition(":")[0] for s in document["Statement"]})
            for name, document in documents.items()
        }
        assert allowed == {
            "FunctionQueuePolicy": ["sqs"],
            "FunctionTopicPolicy": ["sns"],
            "FunctionBucketPolicy": ["s3"],
            "FunctionBusPolicy": ["events"],
            "FunctionTargetPolicy": ["lambda"],
            "ByArnPolicy": ["sqs"],
        }
        attached = iam.list_attached_role_policies(RoleName=ids["RuleRole"])["AttachedPolicies"]
        assert [each["PolicyArn"] for each in attached] == [ids["RuleToBusPolicy"]]
        statements = json.loads(function.get_policy(FunctionName=ids["Target"])["Policy"])
        callers = {each["Principal"]["Service"] for each in statements["Statement"]}
        assert callers == {
            f"{name}.amazonaws.com" for name in ("apigateway", "events", "s3", "sns")
        }
        senders = {}
        for name in ("RuleQueue", "TopicQueue"):
            attributes = aws["sqs"].get_queue_attributes(
                QueueUrl=ids[name], AttributeNames=["Policy"]
            )["Attributes"]
            [statement] = json.loads(attributes["Policy"])["Statement"]
            senders[name] = statement["Principal"]["Service"]
        assert senders == {"RuleQueue": "events.amazonaws.com", "TopicQueue": "sns.amazonaws.com"}


def test_policy_templates(aws: Clients) -> None:
    """https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-templates.html"""
    # A role's inline policies have at most 10 240 characters.
    functions = {
        f"F{number}": function(
            Policies=[{name: _values(POLICIES[name]["Parameters"])} for name in names]
        )
        for number, names in enumerate(batched(sorted(POLICIES), 20, strict=False))
    }
    deployable = {"Transform": "AWS::Serverless-2016-10-31", "Resources": functions}
    with deployed(aws, deployable) as stack:
        found = 0
        for name, physical_id in stack.physical_ids().items():
            if name.endswith("Role"):
                names = aws["iam"].list_role_policies(RoleName=physical_id)["PolicyNames"]
                found += len(names)
        assert found == len(POLICIES)


def _values(names: Mapping[str, Any]) -> dict[str, str]:
    """Return a value for each parameter of a policy template."""
    arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:orders"
    return {name: arn if name.endswith("Arn") else "orders" for name in names}


def function(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "InlineCode": "def handler(event, context): pass",
            **properties,
        },
    }


MOCK = {"x-amazon-apigateway-integration": {"type": "mock"}}


def test_apis(aws: Clients, localstack_endpoint: str, code: list[dict[str, str]]) -> None:
    [bucket, _] = code
    document = {"openapi": "3.0.1", "info": {"title": "imported"}, "paths": {"/a": {"get": MOCK}}}
    aws["s3"].put_object(
        Bucket=bucket["ParameterValue"], Key="openapi.json", Body=json.dumps(document)
    )
    client = aws["apigateway"]
    with deployed(aws, template("apis"), Parameters=[bucket]) as stack:
        ids, outputs = stack.physical_ids(), stack.outputs()
        api = client.get_rest_api(restApiId=ids["Api"])
        assert api["name"].endswith("-api")
        assert api["binaryMediaTypes"] == ["image/png"]
        assert api["endpointConfiguration"]["types"] == ["REGIONAL"]
        assert api["tags"].items() >= {"team": "shop"}.items()
        stage = client.get_stage(restApiId=ids["Api"], stageName=outputs["Stage"])
        assert stage["stageName"] == "test"
        assert stage["deploymentId"] == outputs["Deployment"]
        assert stage["variables"] == {"color": "blue"}
        assert stage["tracingEnabled"] is True
        assert stage["methodSettings"]["*/*"]["metricsEnabled"] is True
        answer = client.get_gateway_response(restApiId=ids["Api"], responseType="DEFAULT_4XX")
        assert answer["statusCode"] == "418"
        canary = client.get_stage(restApiId=ids["Shared"], stageName="v1")["canarySettings"]
        assert canary["percentTraffic"] == 10
        [plan] = [
            each for each in client.get_usage_plans()["items"] if each["id"] == outputs["Plan"]
        ]
        assert plan["name"].endswith("-plan")
        assert plan["apiStages"] == [{"apiId": ids["Api"], "stage": "test"}]
        keys = client.get_usage_plan_keys(usagePlanId=outputs["Plan"])["items"]
        assert [each["id"] for each in keys] == [outputs["Key"]]
        imported = client.get_resources(restApiId=ids["Imported"])["items"]
        assert {each["path"] for each in imported} == {"/", "/a"}
        paths = {
            each["path"]: each for each in client.get_resources(restApiId=ids["Signed"])["items"]
        }
        method = client.get_method(
            restApiId=ids["Signed"], resourceId=paths["/orders"]["id"], httpMethod="GET"
        )
        assert method["authorizationType"] == "AWS_IAM"

        url = f"{localstack_endpoint}/_aws/execute-api/{ids['Api']}/test/orders"
        refused = requests.get(url, timeout=30)
        assert (refused.status_code, refused.json()) == (418, {"closed": True})
        assert refused.headers["X-Shop"] == "closed"
        value = client.get_api_key(apiKey=outputs["Key"], includeValue=True)["value"]
        accepted = requests.get(url, headers={"x-api-key": value}, timeout=30)
        assert (accepted.status_code, accepted.text) == (200, "test")
        preflight = requests.options(url, timeout=30)
        assert preflight.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_applications(aws: Clients, code: list[dict[str, str]]) -> None:
    """https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-template-nested-applications.html"""
    bucket = code[0]["ParameterValue"]
    application = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {"Color": {"Type": "String"}},
        "Resources": {"Function": function(Environment={"Variables": {"COLOR": COLOR}})},
        "Outputs": {"Function": {"Value": {"Ref": "Function"}}},
    }
    aws["s3"].put_object(Bucket=bucket, Key="application.json", Body=json.dumps(application))
    # SAM resolves no functions in a Location.
    with_url = json.loads(json.dumps(template("applications")).replace("BUCKET", bucket))
    with deployed(aws, with_url) as stack:
        name = stack.outputs()["Function"]
        made = aws["lambda"].get_function(FunctionName=name)
        assert made["Configuration"]["Environment"]["Variables"] == {"COLOR": "blue"}
        assert made["Tags"]["team"] == "shop"
    assert not exists(aws["lambda"].get_function, FunctionName=name)


COLOR = {"Ref": "Color"}
REJECTED: Mapping[str, Any] = parse((FOLDER / "rejected.yaml").read_text())


def rejected(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template of a case."""
    match case:
        case {"Resource": resource}:
            subject = resource
        case {"Event": event}:
            subject = function(Events={"Event": event})
        case {"Function": properties}:
            subject = function(**properties)
        case _:
            subject = {
                "Type": "AWS::Serverless::Api",
                "Properties": {"StageName": "Prod", "DefinitionBody": OPENAPI, **case["Api"]},
            }
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Subject": subject, **case.get("Others", {})},
    }


OPENAPI = {"swagger": "2.0", "info": {"title": "orders"}, "paths": {"/orders": {"get": {}}}}


@pytest.mark.parametrize("case", REJECTED.values(), ids=list(REJECTED))
def test_rejected_before_anything_is_created(
    aws: Clients, name: str, case: Mapping[str, Any]
) -> None:
    client = aws["cloudformation"]
    with pytest.raises(client.exceptions.ClientError) as raised:
        client.create_stack(
            StackName=name, TemplateBody=json.dumps(rejected(case)), Capabilities=CAPABILITIES
        )
    assert raised.value.response["Error"]["Code"] == "ValidationError"
    assert case["Error"] in raised.value.response["Error"]["Message"]
