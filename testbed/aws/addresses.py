"""Where the resources of a stack are called: their addresses on AWS, and those in an emulator.

On AWS the host name selects the API, queue or bucket; in an emulator on 127.0.0.1 the path does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from testbed.aws.stacks import stack_resources

if TYPE_CHECKING:
    from testbed.aws.clients import Aws

_AWS = r"amazonaws\.com(?:\.cn)?"
# https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
_API = re.compile(rf"https://(?P<id>[\w-]+)\.execute-api\.[\w-]+\.{_AWS}(?=/|$)")
_STAGE = re.compile(rf"https://[\w-]+\.execute-api\.[\w-]+\.{_AWS}/[\w-]+(?=/|$)")
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
_QUEUE = re.compile(rf"https://sqs\.[\w-]+\.{_AWS}/\d{{12}}/(?P<id>[\w-]+(?:\.fifo)?)")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
_BUCKET = re.compile(
    rf"https?://(?:(?P<host>[a-z0-9][a-z0-9.-]+)\.s3(?:[.-][\w-]+)?\.{_AWS}"
    rf"|s3(?:[.-][\w-]+)?\.{_AWS}/(?P<id>[a-z0-9][a-z0-9.-]+))(?=/|$)"
)
# Older releases of SAM add a stage of this name to the one of the template.
# https://github.com/aws/serverless-application-model/issues/191
_SUPERFLUOUS_STAGE = "Stage"


def local_outputs(aws: Aws, stack_name: str, outputs: Mapping[str, str]) -> dict[str, str]:
    """Return a stack's outputs, with addresses of its own resources as the emulator has them.

    Addresses of anything else stay as they are, since that is not in the emulator.
    """
    if not aws.is_local or not any("amazonaws.com" in value for value in outputs.values()):
        return dict(outputs)
    resources = set(stack_resources(aws, stack_name).values())
    queues = {url.rpartition("/")[2]: url for url in resources if url.startswith("http")}

    def api(match: re.Match[str]) -> str:
        known = match["id"] in resources
        return f"{aws.endpoint_url}/_aws/execute-api/{match['id']}" if known else match[0]

    def bucket(match: re.Match[str]) -> str:
        name = match["host"] or match["id"]
        return f"{aws.endpoint_url}/{name}" if name in resources else match[0]

    local = {}
    for name, text in outputs.items():
        text = _API.sub(api, text)
        text = _QUEUE.sub(lambda match: queues.get(match["id"], match[0]), text)
        local[name] = _BUCKET.sub(bucket, text)
    return local


def api_url(aws: Aws, stack_name: str, outputs: Mapping[str, str]) -> str | None:
    """Return the URL of a stack's REST API with its stage, without a slash at the end.

    It is the one in the outputs, or the stack's only one; None if there is none or the choice is
    not clear.

    Parameters
    ----------
    outputs
        The outputs as CloudFormation has them.
    """
    named = {match[0] for value in outputs.values() if (match := _STAGE.match(value))}
    if len(named) == 1:
        found = named.pop()
        return _API.sub(lambda match: _base_url(aws, match["id"]), found)
    urls = list(api_urls(aws, stack_name).values())
    return urls[0] if len(urls) == 1 else None


def api_urls(aws: Aws, stack_name: str) -> dict[str, str]:
    """Return the URLs of a stack's REST APIs by logical id, without a slash at the end.

    An API without a stage, or with several of its own, is left out.
    """
    apis = stack_resources(aws, stack_name, "AWS::ApiGateway::RestApi")
    if not apis:
        return {}
    stages = set(stack_resources(aws, stack_name, "AWS::ApiGateway::Stage").values())
    urls = {}
    for logical_id, api in apis.items():
        names = {stage["stageName"] for stage in aws.apigateway.get_stages(restApiId=api)["item"]}
        own = names & stages or names - {_SUPERFLUOUS_STAGE} or names
        if len(own) == 1:
            urls[logical_id] = f"{_base_url(aws, api)}/{own.pop()}"
    return urls


def _base_url(aws: Aws, api: str) -> str:
    # https://docs.localstack.cloud/aws/services/apigateway/
    if aws.is_local:
        return f"{aws.endpoint_url}/_aws/execute-api/{api}"
    suffix = "amazonaws.com.cn" if aws.region.startswith("cn-") else "amazonaws.com"
    return f"https://{api}.execute-api.{aws.region}.{suffix}"
