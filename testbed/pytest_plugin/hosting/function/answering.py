"""Answers for the websites of tests, as an object in S3 says for each of them."""

import json
import os
import time
from typing import Any

import boto3
from botocore.exceptions import ClientError

_S3 = boto3.client("s3")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer a request of API Gateway's."""
    try:
        found = _S3.get_object(
            Bucket=os.environ["BUCKET_NAME"], Key=event["pathParameters"]["site"]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return {"statusCode": 404, "body": "There is no such website.\n"}
    answer = json.load(found["Body"])
    time.sleep(answer["delay"])
    return {
        "statusCode": answer["status"],
        "headers": {"Content-Type": answer["content_type"]},
        "body": answer["body"],
    }
