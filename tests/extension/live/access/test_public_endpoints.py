"""Stages of APIs and function URLs are open to every page, and may require a signature."""

from tests.extension.conftest import Clients
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.live.access.http import FOREIGN, FOREIGN_IMAGE, LINK, ask, signed


def stage_of(own: Clients, endpoint: str, name: str, authorization: str) -> str:
    """Deploy an API with a mock integration, and return its id."""
    client = own["apigateway"]
    api = client.create_rest_api(name=name)
    method = {
        "restApiId": api["id"],
        "resourceId": api["rootResourceId"],
        "httpMethod": "GET",
    }
    client.put_method(**method, authorizationType=authorization)
    templates = {"application/json": '{"statusCode": 200}'}
    client.put_integration(**method, type="MOCK", requestTemplates=templates)
    client.put_method_response(**method, statusCode="200")
    client.put_integration_response(**method, statusCode="200")
    client.create_deployment(restApiId=api["id"], stageName="test")
    return str(api["id"])


def test_stage_is_open_to_pages(own: Clients, endpoint: str, name: str) -> None:
    api = stage_of(own, endpoint, name, "NONE")
    for path in (f"/_aws/execute-api/{api}/test/", f"/restapis/{api}/test/_user_request_/"):
        assert ask("GET", endpoint + path, {"Origin": FOREIGN}).status_code == 200
        assert ask("GET", endpoint + path, LINK).status_code == 200
        assert ask("GET", endpoint + path, FOREIGN_IMAGE).status_code == 200
    host = {"Host": f"{api}.execute-api.localhost.localstack.cloud", "Origin": FOREIGN}
    assert ask("GET", f"{endpoint}/test/", host).status_code == 200


def test_method_that_requires_a_signature(own: Clients, endpoint: str, name: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html"""
    api = stage_of(own, endpoint, name, "AWS_IAM")
    url = f"{endpoint}/_aws/execute-api/{api}/test/"
    answer = ask("GET", url, {})
    assert answer.status_code == 403
    assert answer.json() == {"message": "Missing Authentication Token"}
    assert ask("GET", url, signed("execute-api")).status_code == 200


def test_function_urls(own: Clients, guarded_functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"""
    answers = {}
    for auth_type in ("NONE", "AWS_IAM"):
        function = guarded_functions("def handler(event, context): return 'done'")
        made = own["lambda"].create_function_url_config(
            FunctionName=function.name, AuthType=auth_type
        )
        url, page = made["FunctionUrl"], {"Origin": FOREIGN}
        answers[auth_type] = (ask("GET", url, page), ask("POST", url, page | signed("lambda")))
    unsigned, with_signature = answers["AWS_IAM"]
    assert (unsigned.status_code, unsigned.json()) == (403, {"Message": "Forbidden"})
    assert [each.status_code for each in (*answers["NONE"], with_signature)] == [200, 200, 200]
