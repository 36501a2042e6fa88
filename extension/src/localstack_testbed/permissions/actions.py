"""The IAM actions and resources that an API operation requires.

Most operations require the action of the same name. The exceptions, the resources' ARNs and the
services' condition keys come from AWS's reference, for the services of serverless pipelines:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
For other services, the resource is the first ARN among the parameters. If there is none, it is
unknown, and any resource in a policy matches it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localstack_testbed.permissions.evaluation import Request

ANY = "*"

# Signing names that differ from the prefix of the service's actions.
_PREFIXES = {"monitoring": "cloudwatch"}

# Requires no permission, and cannot be denied:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_ALWAYS_ALLOWED = {("sts", "GetCallerIdentity")}

_FUNCTION = re.compile(
    r"(?:(?:arn:[^:]+:lambda:(?P<region>[^:]+):)?(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[^:]+)(?::(?P<qualifier>[^:]+))?"
)


class Call:
    """An API call: its operation, parameters, account and region."""

    def __init__(self, context: Any) -> None:
        self.service = context.service.signing_name
        self.service = _PREFIXES.get(self.service, self.service)
        self.operation: str = context.operation.name
        self.parameters: Mapping[str, Any] = context.service_request or {}
        self.partition: str = context.partition
        self.region: str = context.region
        self.account: str = context.account_id
        self.request: Any = context.request

    def text(self, name: str) -> str:
        """Return a string parameter, or an empty string if it is missing."""
        value = self.parameters.get(name)
        return value if isinstance(value, str) else ""

    def arn(self, name: str) -> str:
        """Return the ARN of a resource in the call's service, account and region."""
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{name}"


def requests_for(context: Any, values: Mapping[str, str | tuple[str, ...]]) -> list[Request]:
    """Return everything that policies have to allow for an API call to be allowed."""
    call = Call(context)
    if (call.service, call.operation) in _ALWAYS_ALLOWED:
        return []
    find = _SERVICES.get(call.service, _default)
    return [Request(action, name, {**values, **more}) for action, name, more in find(call)]


type ActionsOnResources = Iterator[tuple[str, str | None, Mapping[str, str]]]


def _s3(call: Call) -> ActionsOnResources:
    bucket, key = call.text("Bucket"), call.text("Key")
    if call.operation == "PostObject":
        # https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
        key = str(call.request.form.get("key") or "")
    of_bucket = f"arn:{call.partition}:s3:::{bucket}" if bucket else ANY
    of_object = f"{of_bucket}/{key}"
    if call.operation in _S3_LISTS:
        names = {"s3:prefix": "Prefix", "s3:delimiter": "Delimiter"}
        values = {key: call.text(name) for key, name in names.items() if call.text(name)}
        yield _S3_LISTS[call.operation], of_bucket, values
    elif call.operation == "DeleteObjects":
        for each in (call.parameters.get("Delete") or {}).get("Objects") or []:
            yield "s3:DeleteObject", f"{of_bucket}/{each.get('Key')}", {}
    elif call.operation in ("CopyObject", "UploadPartCopy"):
        source = call.text("CopySource").lstrip("/").split("?")[0]
        yield "s3:GetObject", f"arn:{call.partition}:s3:::{source}", {}
        yield "s3:PutObject", of_object, {}
    else:
        action = _S3_ACTIONS.get(call.operation, call.operation)
        if call.text("VersionId") and action in ("GetObject", "DeleteObject"):
            action += "Version"
        yield f"s3:{action}", of_object if key else of_bucket, {}
        if call.operation in ("PutObject", "CreateMultipartUpload"):
            if call.text("ACL"):
                yield "s3:PutObjectAcl", of_object, {"s3:x-amz-acl": call.text("ACL")}
            if call.text("Tagging"):
                yield "s3:PutObjectTagging", of_object, {}


_S3_LISTS = {
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListBuckets": "s3:ListAllMyBuckets",
}
_S3_ACTIONS = {
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "CreateMultipartUpload": "PutObject",
    "PostObject": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketTagging": "PutBucketTagging",
}


def _sqs(call: Call) -> ActionsOnResources:
    action = call.operation.removesuffix("Batch")
    url = call.text("QueueUrl")
    name = url.rstrip("/").split("/")[-1] or call.text("QueueName")
    account = (re.search(r"/(\d{12})/[^/]+/?$", url) or [None, call.account])[1]
    resource = f"arn:{call.partition}:sqs:{call.region}:{account}:{name}" if name else ANY
    yield f"sqs:{action}", call.text("SourceArn") or resource, {}


def _sns(call: Call) -> ActionsOnResources:
    topic = call.text("TopicArn") or call.text("TargetArn")
    if not topic and (subscription := call.text("SubscriptionArn")):
        topic = subscription.rsplit(":", 1)[0]
    if call.operation == "CreateTopic":
        topic = call.arn(call.text("Name"))
    values = {"sns:protocol": call.text("Protocol"), "sns:endpoint": call.text("Endpoint")}
    given = {key: value for key, value in values.items() if value}
    yield f"sns:{call.operation.removesuffix('Batch')}", topic or ANY, given


def _lambda(call: Call) -> ActionsOnResources:
    invokes = call.operation in ("Invoke", "InvokeAsync", "InvokeWithResponseStream")
    action = "InvokeFunction" if invokes else call.operation
    yield f"lambda:{action}", function_arn(call), {}


def function_arn(call: Call) -> str:
    """Return the ARN of the function that a call names, with its qualifier if it has one."""
    found = _FUNCTION.fullmatch(call.text("FunctionName"))
    if not found:
        return ANY
    place = f"{found['region'] or call.region}:{found['account'] or call.account}"
    qualifier = found["qualifier"] or call.text("Qualifier")
    name = f"{found['name']}:{qualifier}" if qualifier else found["name"]
    return f"arn:{call.partition}:lambda:{place}:function:{name}"


def _events(call: Call) -> ActionsOnResources:
    if call.operation == "PutEvents":
        # Each entry is evaluated separately; if one is denied, the whole request is.
        for entry in call.parameters.get("Entries") or []:
            bus = entry.get("EventBusName") or "default"
            name = bus if bus.startswith("arn:") else call.arn(f"event-bus/{bus}")
            values = {"events:source": "Source", "events:detail-type": "DetailType"}
            given = {key: str(entry.get(field) or "") for key, field in values.items()}
            yield "events:PutEvents", name, given
        return
    rule = call.text("Rule") or (call.text("Name") if "Rule" in call.operation else "")
    bus = call.text("EventBusName")
    path = f"{bus}/{rule}" if bus and bus != "default" else rule
    yield f"events:{call.operation}", call.arn(f"rule/{path}") if rule else None, {}


def _logs(call: Call) -> ActionsOnResources:
    group = call.text("logGroupName")
    stream = call.text("logStreamName") if call.operation != "CreateLogStream" else ""
    name = call.arn(f"log-group:{group}:log-stream:{stream}") if group else None
    yield f"logs:{call.operation}", name, {}


def _dynamodb(call: Call) -> ActionsOnResources:
    def table(name: str) -> str:
        return name if name.startswith("arn:") else call.arn(f"table/{name}")

    transaction = call.parameters.get("TransactItems")
    if call.operation in ("BatchGetItem", "BatchWriteItem"):
        for name in call.parameters.get("RequestItems") or {}:
            yield f"dynamodb:{call.operation}", table(name), {}
    elif isinstance(transaction, list):
        names = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
        names |= {"ConditionCheck": "ConditionCheckItem", "Get": "GetItem"}
        for item in transaction:
            for kind, content in item.items():
                yield f"dynamodb:{names.get(kind, kind)}", table(content["TableName"]), {}
    elif name := call.text("TableName"):
        index = call.text("IndexName")
        yield f"dynamodb:{call.operation}", table(name) + (f"/index/{index}" if index else ""), {}
    else:
        yield from _default(call)


def _sts(call: Call) -> ActionsOnResources:
    yield f"sts:{call.operation}", call.text("RoleArn") or ANY, {}


def _ses(call: Call) -> ActionsOnResources:
    sender = call.text("Source") or call.text("FromEmailAddress")
    address = (re.search(r"<([^>]+)>", sender) or [sender, sender])[1]
    values = {"ses:fromaddress": address} if address else {}
    yield f"ses:{call.operation}", call.arn(f"identity/{address}") if address else None, values


def _by_parameter(parameter: str, kind: str) -> Callable[[Call], ActionsOnResources]:
    """Return a function that finds the resource in one parameter, which is a name or an ARN."""

    def find(call: Call) -> ActionsOnResources:
        name = call.text(parameter)
        if not name:
            yield from _default(call)
        else:
            resource = name if name.startswith("arn:") else call.arn(f"{kind}/{name.lstrip('/')}")
            yield f"{call.service}:{call.operation}", resource, {}

    return find


def _cloudwatch(call: Call) -> ActionsOnResources:
    namespace = call.text("Namespace")
    yield f"cloudwatch:{call.operation}", None, {"cloudwatch:namespace": namespace}


def _default(call: Call) -> ActionsOnResources:
    arns = (each for each in call.parameters.values() if isinstance(each, str))
    resource = next((each for each in arns if each.startswith("arn:")), None)
    yield f"{call.service}:{call.operation}", resource, {}


_SERVICES: dict[str, Callable[[Call], ActionsOnResources]] = {
    "s3": _s3,
    "sqs": _sqs,
    "sns": _sns,
    "lambda": _lambda,
    "events": _events,
    "logs": _logs,
    "dynamodb": _dynamodb,
    "sts": _sts,
    "ses": _ses,
    "cloudwatch": _cloudwatch,
    "ssm": _by_parameter("Name", "parameter"),
    "kinesis": _by_parameter("StreamName", "stream"),
    "firehose": _by_parameter("DeliveryStreamName", "deliverystream"),
}
