"""The module with which an inline function answers CloudFormation's requests.

It runs in the function's process, not in LocalStack's.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-lambda-function-code-cfnresponsemodule.html
"""

import json
import urllib.request
from typing import Any

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(
    event: dict[str, Any],
    context: Any,
    responseStatus: str,
    responseData: dict[str, Any] | None,
    physicalResourceId: str | None = None,
    noEcho: bool = False,
    reason: str | None = None,
) -> None:
    """Send the result of a custom resource's request to its ``ResponseURL``.

    A failure to send is printed and not raised, as on AWS.
    """
    log_stream = context.log_stream_name
    answer = {
        "Status": responseStatus,
        "Reason": reason or f"See the details in CloudWatch Log Stream: {log_stream}",
        "PhysicalResourceId": physicalResourceId or log_stream,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    body = json.dumps(answer)
    print("Response body:")
    print(body)
    # The signature of a pre-signed URL covers the content type: it has to be empty.
    request = urllib.request.Request(  # noqa: S310
        event["ResponseURL"],
        data=body.encode(),
        headers={"Content-Type": ""},
        method="PUT",
    )
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310
            print("Status code:", response.status)
    except Exception as error:
        print("send(..) failed executing the request:", error)
