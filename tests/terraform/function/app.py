import json
import os

import boto3


def handler(event, context):
    order = json.dumps(event)
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=order)
    return {"statusCode": 200, "body": os.environ["ANSWER"]}
