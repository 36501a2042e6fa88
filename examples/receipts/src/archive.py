"""Archives receipts by their year."""

import json
import os

import boto3

s3 = boto3.client("s3")


def handler(event, context):
    for record in event["Records"]:
        receipt = json.loads(json.loads(record["body"])["Message"])
        key = f"{receipt['date'][:4]}/{receipt['id']}.json"
        s3.put_object(Bucket=os.environ["BUCKET"], Key=key, Body=json.dumps(receipt))
        print("Archived", key)
