"""Accepts orders from the API, and puts them into a queue."""

import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    try:
        order = json.loads(event["body"] or "")
        message = {"id": str(order["id"]), "article": order["article"], "count": order["count"]}
    except (ValueError, KeyError, TypeError):
        return answer(400, {"message": "An order is a JSON object with id, article and count."})
    sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=json.dumps(message))
    return answer(202, {"id": message["id"]})


def answer(status, body):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body),
    }
