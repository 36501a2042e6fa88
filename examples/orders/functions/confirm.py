"""Confirms orders by email."""

import json
import os

import boto3

sns = boto3.client("sns")


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        sns.publish(
            TopicArn=os.environ["TOPIC_ARN"],
            Subject=f"Order {order['id']} is confirmed",
            Message=f"{order['count']} × {order['article']}",
        )
