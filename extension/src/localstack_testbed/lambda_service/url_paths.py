"""Function URLs with the function in the path, for names that no name server resolves.

On AWS a function URL is ``https://ID.lambda-url.REGION.on.aws/``. LocalStack's own form of it needs
a name server on the internet that knows the host name. So GetFunctionUrlConfig returns a URL of the
gateway, ``http://127.0.0.1:4566/_aws/lambda-url/ID/``, and the function gets the event that it gets
on AWS, with the host name of AWS: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from collections.abc import Callable
from types import MethodType
from typing import Any

from localstack_testbed.hooks.patching import patch, replace

PREFIX = "/_aws/lambda-url/"


def patch_routes() -> None:
    """Answer function URLs below :data:`PREFIX`, too."""
    from localstack.services.lambda_.urlrouter import FunctionUrlRouter

    @patch(FunctionUrlRouter.register_routes)
    def register_routes(original: Callable[..., None], self: Any) -> None:
        if not self.registered:
            # A method, so that the route is known as one that web pages may call.
            endpoint = MethodType(_handle, self)
            for rest in ("", "/", "/<path:path>"):
                self.router.add(f"{PREFIX}<api_id>{rest}", endpoint=endpoint)
        original(self)


def _handle(self: Any, request: Any, api_id: str, path: str = "") -> Any:
    region = _region_of(api_id)
    request.path = request.path[len(PREFIX + api_id) :] or "/"
    request.headers["Host"] = f"{api_id}.lambda-url.{region}.on.aws"
    return self.handle_lambda_url_invocation(request, api_id, region, path=path)


def _region_of(api_id: str) -> str:
    from localstack.constants import AWS_REGION_US_EAST_1
    from localstack.services.lambda_.invocation.models import lambda_stores

    for _, region, store in lambda_stores.iter_stores():
        for function in store.functions.values():
            if any(each.url_id == api_id for each in function.function_url_configs.values()):
                return str(region)
    return AWS_REGION_US_EAST_1  # there it does not exist either


def patch_urls() -> None:
    """Return URLs with the function in the path."""
    from localstack.services.lambda_ import provider
    from localstack.utils.urls import localstack_host

    original: Any = vars(provider)["FunctionUrlConfig"]

    def configuration(**values: Any) -> Any:
        url = f"http://{localstack_host().host_and_port()}{PREFIX}{values['url_id']}/"
        return original(**{**values, "url": url})

    replace(provider, "FunctionUrlConfig", configuration)
