"""Accepts receipts from the API."""

import json
import os

import boto3

sns = boto3.client("sns")


def handler(event, context):
    receipt = json.loads(event["body"])
    sns.publish(
        TopicArn=os.environ["TOPIC_ARN"],
        Subject=f"Receipt {receipt['id']}",
        Message=json.dumps(receipt),
    )
    return {"statusCode": 202, "body": json.dumps({"id": receipt["id"]})}
