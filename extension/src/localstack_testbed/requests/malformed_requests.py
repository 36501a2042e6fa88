"""Malformed requests, which are errors of the client as on AWS.

LocalStack answers status 500 to a request that it cannot parse, and calls a service even if
required parameters are missing, which then fails with status 500. Here every exception that
LocalStack raises while it parses a request is a client error. Types and required members are
checked by the API's model before a service is called, as SDKs do. An ARN with an impossible account
or region is a client error too. All other exceptions of services remain internal failures. Requests
that belong to no service and no route get status 404 instead of an empty success.

Codes: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html (Query),
https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html (JSON),
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList (S3).
"""

import gzip
import io
import logging
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException, ServiceException
from localstack.aws.protocol.serializer import create_serializer

from localstack_testbed.hooks.error_responses import client_error
from localstack_testbed.hooks.patching import patch, replace
from localstack_testbed.hooks.shared_patches import CREATE_GATEWAY

LOG = logging.getLogger(__name__)

_JSON = ("SerializationException", "The request could not be parsed.")
_MALFORMED = {
    "query": ("MalformedInput", "The request could not be parsed."),
    "ec2": ("MalformedInput", "The request could not be parsed."),
    "rest-xml": (
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
}
_UNKNOWN = {
    "query": ("InvalidAction", "The action or operation requested is invalid.", 400),
    "ec2": ("InvalidAction", "The action or operation requested is invalid.", 400),
    "rest-xml": (
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        405,
    ),
    "rest-json": ("UnknownOperationException", "There is no such operation.", 404),
}
_UNKNOWN_TO_JSON = ("UnknownOperationException", "There is no such operation.", 400)
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "structure": (Mapping,),
    "map": (Mapping,),
    "list": (list,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
}


def reject_malformed_requests() -> None:
    """Wrap the handlers that parse requests, and check what they have parsed."""
    from localstack.aws import handlers

    parsing = [
        handlers.parse_service_name,
        handlers.parse_pre_signed_url_request,
        handlers.inject_auth_header_if_missing,
        handlers.add_region_from_header,
        handlers.rewrite_region,
        handlers.add_account_id,
        handlers.parse_trace_context,
        handlers.parse_service_request,
    ]

    @CREATE_GATEWAY.wrap
    def create_gateway(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.request_handlers[:] = [
            _with_client_errors(each) if each in parsing else each for each in self.request_handlers
        ]
        decoded = self.request_handlers.index(handlers.content_decoder) + 1
        self.request_handlers.insert(decoded, _with_client_errors(_read_compressed))
        parsed = self.request_handlers.index(handlers.serve_custom_service_request_handlers)
        self.request_handlers.insert(parsed, check_shape)
        self.request_handlers.append(answer_not_found)

    _patch_stores()


class InvalidOwnerError(CommonServiceException, ValueError):
    """An ARN or a URL in a request has an account or a region that cannot exist."""


def check_shape(chain: Any, context: Any, response: Any) -> None:
    """Raise AWS's error for a request that does not match the API's model (a request handler)."""
    if not context.operation or context.is_internal_call or not context.operation.input_shape:
        return
    if context.service_request is None:  # the body is JSON's null
        context.service_request = {}
    if context.protocol == "json" and not _is_utf8(context.request.get_data()):
        raise malformed(context.protocol)
    _read_booleans(context.service_request, context.operation.input_shape)
    for missing, where in _mismatches(context.service_request, context.operation.input_shape, ""):
        raise _missing(context, where) if missing else malformed(_protocol_of(context))


def _read_booleans(request: Any, shape: Any) -> None:
    """Convert booleans of a query string, which LocalStack's parser leaves as text in some APIs."""
    for name, member in shape.members.items() if isinstance(request, dict) else ():
        value = request.get(name)
        if (
            member.type_name == "boolean"
            and member.serialization.get("location") == "querystring"
            and isinstance(value, str)
            and value.lower() in ("true", "false")
        ):
            request[name] = value.lower() == "true"


def answer_not_found(chain: Any, context: Any, response: Any) -> None:
    """Answer 404 if no service and no route handles a request (the last request handler).

    LocalStack tries to, but checks for status 0, and a response begins with 200.
    """
    if context.service is None:
        response.status_code = 404
        response.set_json({"message": "Not Found"})


def _read_compressed(chain: Any, context: Any, response: Any) -> None:
    """Decompress the content now, so that errors are raised here."""
    if isinstance(context.request.stream, gzip.GzipFile):
        try:
            context.request.get_data()
        except (OSError, EOFError, zlib.error):
            context.request.stream = io.BytesIO()  # response handlers read it, too
            raise


def malformed(protocol: str | None) -> CommonServiceException:
    """Return the error of a request that cannot be parsed."""
    code, message = _MALFORMED.get(protocol or "", _JSON)
    return client_error(code, message)


def _with_client_errors(handler: Callable[..., None]) -> Callable[..., None]:
    """Wrap a handler: answer its exceptions with a client error."""

    def handle(chain: Any, context: Any, response: Any) -> None:
        try:
            handler(chain, context, response)
        except ServiceException:
            raise
        except Exception as error:
            LOG.debug("A request could not be parsed", exc_info=True)
            _answer(chain, context, response, _error_of(error, _protocol_of(context)))

    return handle


def _error_of(error: Exception, protocol: str | None) -> CommonServiceException:
    from botocore.model import OperationNotFoundError  # type: ignore[import-untyped]
    from localstack.aws.protocol.parser import OperationNotFoundParserError
    from localstack.aws.protocol.service_router import ProtocolError
    from werkzeug.exceptions import HTTPException

    if isinstance(error, HTTPException):
        text = error.description or error.name
        status = error.code or 400
        return client_error(type(error).__name__, text, status)
    unknown = (OperationNotFoundParserError, OperationNotFoundError, ProtocolError)
    if isinstance(error, unknown) or isinstance(error.__cause__, unknown):
        code, text, status = _UNKNOWN.get(protocol or "", _UNKNOWN_TO_JSON)
        return client_error(code, text, status)
    return malformed(protocol)


def _protocol_of(context: Any) -> str | None:
    return context.protocol or (context.service.protocol if context.service else None)


def _answer(chain: Any, context: Any, response: Any, error: CommonServiceException) -> None:
    """Answer a request whose operation, or even service, is unknown."""
    if context.service is None:
        chain.respond(error.status_code, {"message": error.message})
        return
    # Errors have the same form for all operations of a service.
    service = context.service
    operation = context.operation or service.operation_model(service.operation_names[0])
    serializer = create_serializer(service, _protocol_of(context))
    response.update_from(
        serializer.serialize_error_to_response(
            error, operation, context.request.headers, context.request_id
        )
    )
    context.service_exception = error
    chain.stop()


def _mismatches(value: Any, shape: Any, path: str) -> Iterator[tuple[bool, str]]:
    """Yield whether a member is missing (or else has a wrong type), and its path."""
    kind = shape.type_name
    kinds = _TYPES.get(kind)
    if kinds is None:
        return  # a blob or a time, which the parser has converted
    of_its_type = isinstance(value, kinds) and (kind == "boolean") == isinstance(value, bool)
    if not of_its_type:
        yield False, path
    elif kind == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                yield True, f"{path}.{name}" if path else name
        members = shape.members
        for name, content in value.items():
            if content is not None and name in members:
                yield from _mismatches(content, members[name], f"{path}.{name}" if path else name)
    elif kind == "list":
        for number, content in enumerate(value, 1):
            yield from _mismatches(content, shape.member, f"{path}.{number}.member")
    elif kind == "map":
        for key, content in value.items():
            yield from _mismatches(key, shape.key, path)
            yield from _mismatches(content, shape.value, f"{path}.{key}.member")
    elif kind == "string" and not value.isascii() and not _is_text(value):
        yield False, path


def _is_utf8(content: bytes) -> bool:
    """Return whether a document is UTF-8; Python's parser accepts other encodings, too."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_text(value: str) -> bool:
    """Return whether a text can be encoded: lone surrogates, which JSON allows, cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _missing(context: Any, where: str) -> CommonServiceException:
    protocol, service = context.protocol, context.service.service_name
    if service.startswith("sqs"):
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
        code, text = "MissingParameter", f"The request must contain the parameter {where}."
    elif protocol == "rest-xml":
        return malformed(protocol)
    else:
        code = "ValidationError" if protocol in ("query", "ec2") else "ValidationException"
        path = ".".join(part[:1].lower() + part[1:] for part in where.split("."))
        text = (
            f"1 validation error detected: Value null at '{path}' failed to satisfy constraint: "
            "Member must not be null"
        )
    return client_error(code, text)


def patch_query_api() -> None:
    """Raise client errors for requests to a queue's URL, which are parsed separately."""
    from localstack.aws.protocol.parser import OperationNotFoundParserError, RequestParserError
    from localstack.services.sqs import query_api

    original = query_api.parser.parse

    def parse(request: Any) -> Any:
        try:
            return original(request)
        except OperationNotFoundParserError:
            raise
        except RequestParserError as error:
            raise malformed("query") from error

    replace(query_api.parser, "parse", parse)


def _patch_stores() -> None:
    """Raise client errors for accounts and regions that cannot exist."""
    from localstack.services.stores import AccountRegionBundle, RegionBundle

    def get(original: Callable[..., Any], self: Any, name: str) -> Any:
        try:
            return original(self, name)
        except ValueError as error:
            raise InvalidOwnerError(
                "InvalidParameterValue", str(error), status_code=400, sender_fault=True
            ) from error

    for bundle in (AccountRegionBundle, RegionBundle):
        patch(bundle.__getitem__)(get)
