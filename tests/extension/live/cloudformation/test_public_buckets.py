"""What S3 denies to stacks: public access to buckets that block it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from typing import Any

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed


def _site(properties: dict[str, Any]) -> dict[str, Any]:
    """Return a bucket that everyone may read."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": {"Fn::Sub": "${Bucket.Arn}/*"},
    }
    return {
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties},
            "Policy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {
                    "Bucket": {"Ref": "Bucket"},
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
                },
            },
        }
    }


def test_public_policies_are_blocked_by_default(aws: Clients, name: str) -> None:
    stack = Deployed(aws, name)
    assert stack.create(_site({})) == "ROLLBACK_COMPLETE"
    assert "public policies are prevented by the BlockPublicPolicy setting" in stack.report()
    stack.delete()


def test_public_policies_can_be_allowed(aws: Clients) -> None:
    with deployed(
        aws, _site({"PublicAccessBlockConfiguration": {"BlockPublicPolicy": False}})
    ) as stack:
        bucket = stack.physical_ids()["Bucket"]
        assert "s3:GetObject" in aws["s3"].get_bucket_policy(Bucket=bucket)["Policy"]


def test_acls_of_buckets_that_enforce_ownership(aws: Clients, name: str) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"AccessControl": "PublicRead"}}
    stack = Deployed(aws, name)
    assert stack.create({"Resources": {"Bucket": bucket}}) == "ROLLBACK_COMPLETE"
    assert "Bucket cannot have ACLs set with ObjectOwnership's" in stack.report()
    stack.delete()


def test_public_acls_are_blocked_by_default(aws: Clients, name: str) -> None:
    properties: dict[str, Any] = {
        "AccessControl": "PublicRead",
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    }
    stack = Deployed(aws, name)
    template = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}}}
    assert stack.create(template) == "ROLLBACK_COMPLETE"
    assert "BlockPublicAcls" in stack.report()
    stack.delete()
