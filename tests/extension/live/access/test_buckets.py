"""Buckets, objects and websites in S3 that are open to everybody, or to an origin."""

from tests.extension.conftest import Clients
from tests.extension.live.access.conftest import allow_everybody
from tests.extension.live.access.http import FOREIGN, FOREIGN_IMAGE, ask, signed


def test_bucket_open_to_an_origin(own: Clients, endpoint: str, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html"""
    allow_everybody(own, bucket, "s3:GetObject")
    rule = {"AllowedOrigins": ["http://shop.example"], "AllowedMethods": ["GET"]}
    own["s3"].put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    url = f"{endpoint}/{bucket}/a.txt"

    answer = ask("GET", url, {"Origin": "http://shop.example", "Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.text) == (200, "content")
    assert answer.headers["Access-Control-Allow-Origin"] == "http://shop.example"
    image = {**FOREIGN_IMAGE, "Referer": "http://shop.example/"}
    assert ask("GET", url, image).status_code == 200
    asked = {"Origin": "http://shop.example", "Access-Control-Request-Method": "GET"}
    assert ask("OPTIONS", url, asked).status_code == 200

    assert ask("GET", url, {"Origin": FOREIGN}).status_code == 403
    assert ask("GET", url, FOREIGN_IMAGE).status_code == 403
    form = {"Origin": "http://shop.example", **signed("s3")}
    assert ask("PUT", url, form, data=b"other").status_code == 403
    answer = ask("OPTIONS", url, {**asked, "Origin": FOREIGN})
    assert answer.status_code == 403
    assert "CORSResponse" in answer.text


def test_bucket_without_rules(own: Clients, endpoint: str, bucket: str) -> None:
    allow_everybody(own, bucket, "s3:GetObject")
    assert ask("GET", f"{endpoint}/{bucket}/a.txt", {"Origin": FOREIGN}).status_code == 403
    assert ask("GET", f"{endpoint}/{bucket}/a.txt", {}).status_code == 200


def test_public_bucket(own: Clients, endpoint: str, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""
    url = f"{endpoint}/{bucket}/a.txt"
    answer = ask("GET", url, {})
    assert (answer.status_code, "<Code>AccessDenied</Code>" in answer.text) == (403, True)
    allow_everybody(own, bucket, "s3:GetObject")
    assert ask("GET", url, {}).text == "content"
    assert ask("PUT", url, {}, data=b"other").status_code == 403
    # Without s3:ListBucket, the response does not reveal what is missing.
    assert ask("GET", f"{url}.missing", {}).status_code == 403
    allow_everybody(own, bucket, "s3:GetObject", "s3:ListBucket")
    assert ask("GET", f"{url}.missing", {}).status_code == 404
    block = {"RestrictPublicBuckets": True}
    own["s3"].put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert ask("GET", url, {}).status_code == 403


def test_public_object(own: Clients, endpoint: str, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html"""
    url = f"{endpoint}/{bucket}/a.txt"
    own["s3"].put_object_acl(Bucket=bucket, Key="a.txt", ACL="public-read")
    assert ask("GET", url, {}).text == "content"
    assert ask("GET", f"{endpoint}/{bucket}", {}).status_code == 403
    own["s3"].put_bucket_acl(Bucket=bucket, ACL="public-read")
    assert ask("GET", f"{endpoint}/{bucket}", {}).status_code == 200
    block = {"IgnorePublicAcls": True}
    own["s3"].put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert ask("GET", url, {}).status_code == 403


def test_website_is_open_to_pages(own: Clients, endpoint: str, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html"""
    allow_everybody(own, bucket, "s3:GetObject")
    website = {"IndexDocument": {"Suffix": "a.txt"}}
    own["s3"].put_bucket_website(Bucket=bucket, WebsiteConfiguration=website)
    host = {"Host": f"{bucket}.s3-website.localhost.localstack.cloud", "Origin": FOREIGN}
    answer = ask("GET", f"{endpoint}/", host)
    assert (answer.status_code, answer.text) == (200, "content")


def test_presigned_url_and_form(own: Clients, endpoint: str, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html"""
    arguments = {"Bucket": bucket, "Key": "a.txt"}
    link = own["s3"].generate_presigned_url("get_object", Params=arguments)
    assert ask("GET", link, {}).text == "content"
    form = own["s3"].generate_presigned_post(bucket, "b.txt")
    files = {"file": b"uploaded"}
    assert ask("POST", form["url"], {}, data=form["fields"], files=files).status_code == 204
    assert own["s3"].get_object(Bucket=bucket, Key="b.txt")["Body"].read() == b"uploaded"
    unsigned = ask("POST", form["url"], {}, data={"key": "c.txt"}, files=files)
    assert unsigned.status_code == 403


def test_invalid_policy_does_not_break_requests(own: Clients, endpoint: str) -> None:
    own["s3"].create_bucket(Bucket="broken-policy")
    own["s3"].delete_public_access_block(Bucket="broken-policy")
    own["s3"].put_bucket_policy(Bucket="broken-policy", Policy='{"Statement": [{"Effect": 1}]}')
    assert ask("GET", f"{endpoint}/broken-policy", {}).status_code == 403
