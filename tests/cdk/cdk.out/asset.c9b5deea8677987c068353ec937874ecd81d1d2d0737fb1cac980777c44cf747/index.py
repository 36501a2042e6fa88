import os

import boto3
from answers import answer


def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=event["word"])
    return answer()
