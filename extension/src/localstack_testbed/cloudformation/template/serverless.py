"""The AWS::Serverless transform, by AWS's own translator.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-serverless.html

The translator is what AWS runs. Its import takes a tenth of a second or more; ``load`` does it
ahead of the first template.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final, cast

from localstack_testbed.cloudformation.errors import TransformError
from localstack_testbed.cloudformation.template.document import Document

LOG = logging.getLogger(__name__)

NAME: Final = "AWS::Serverless-2016-10-31"

# The translator keeps the region in a class.
_lock = threading.Lock()


def load() -> None:
    """Import the translator."""
    # It warns about the switches and the metrics that AWS gives it.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    import samtranslator.translator.translator  # type: ignore[import-untyped]  # noqa: F401


def transform(document: Document, parameters: Mapping[str, Any]) -> Document:
    """Return the document in which resources of SAM are replaced by those that they stand for.

    Raises
    ------
    TransformError
        ``Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application
        Specification document. …``
    """
    _reject_repository_applications(document)
    with _lock:
        load()
        return _translate(document, parameters)


def origin(document: Document, logical_id: str) -> str | None:
    """Return the logical id of the resource of SAM that a generated resource was generated for.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
    """
    resources = document.get("Resources")
    if not isinstance(resources, dict) or logical_id in resources:
        return None
    declared = {
        name: resource
        for name, resource in resources.items()
        if isinstance(resource, dict) and str(resource.get("Type")).startswith("AWS::Serverless::")
    }
    # Of what functions and APIs share, the first one that has a part in it.
    for prefix, has_part in _SHARED.items():
        if logical_id.startswith(prefix) and prefix not in resources:
            return next((name for name in declared if has_part(declared[name])), None)
    return max((name for name in declared if logical_id.startswith(name)), key=len, default=None)


def _has_event(resource: Mapping[str, Any], event_type: str) -> bool:
    match resource:
        case {"Properties": {"Events": dict(events)}}:
            return any(
                isinstance(event, dict) and event.get("Type") == event_type
                for event in events.values()
            )
        case _:
            return False


def _has_property(resource: Mapping[str, Any], *path: str) -> bool:
    value: Any = resource.get("Properties")
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value is not None


_SHARED: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "ServerlessHttpApi": lambda resource: _has_event(resource, "HttpApi"),
    "ServerlessRestApi": lambda resource: _has_event(resource, "Api"),
    "ServerlessDeploymentApplication": lambda resource: _has_property(
        resource, "DeploymentPreference"
    ),
    "CodeDeployServiceRole": lambda resource: _has_property(resource, "DeploymentPreference"),
    "ServerlessApiKey": lambda resource: _has_property(resource, "Auth", "UsagePlan"),
    "ServerlessUsagePlan": lambda resource: _has_property(resource, "Auth", "UsagePlan"),
    "ApiGatewayDomainName": lambda resource: _has_property(resource, "Domain"),
    "RecordSetGroup": lambda resource: _has_property(resource, "Domain", "Route53"),
}
"""What the translator generates once, by the beginning of its logical id."""


def _translate(document: Document, parameters: Mapping[str, Any]) -> Document:
    from samtranslator.model.exceptions import (  # type: ignore[import-untyped]
        ExceptionWithMessage,
        InvalidDocumentException,
    )
    from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
    from samtranslator.translator.arn_generator import (  # type: ignore[import-untyped]
        ArnGenerator,
    )
    from samtranslator.translator.translator import Translator
    from samtranslator.utils.py27hash_fix import (  # type: ignore[import-untyped]
        to_py27_compatible_template,
        undo_mark_unicode_str_in_template,
    )

    # It changes what it is given.
    template, values = _plain(document), _plain(dict(parameters))
    region = values["AWS::Region"]
    try:
        # The logical ids of deployments are hashes of what Python 2 made of the API's definition.
        to_py27_compatible_template(template, values)
        # Without a session, the translator takes the region from the environment.
        session = cast(Any, SimpleNamespace(region_name=region))
        translator = Translator(None, Parser(), boto_session=session)
        ArnGenerator.BOTO_SESSION_REGION_NAME = region
        translated = translator.translate(template, values)
        return cast(Document, _plain(undo_mark_unicode_str_in_template(translated)))
    except InvalidDocumentException as error:
        causes = " ".join(cause.message for cause in error.causes)
        raise TransformError(NAME, f"{error.message} {causes}") from error
    except ExceptionWithMessage as error:
        raise TransformError(NAME, error.message) from error
    except Exception as error:
        # AWS says only this of a document that its translator did not expect.
        LOG.exception("AWS's translator failed")
        raise TransformError(
            NAME, f"Internal transform failure. ({type(error).__name__}: {error})"
        ) from error


def _plain(value: Any) -> Any:
    """Return a copy that consists of JSON's own types."""
    return json.loads(json.dumps(value))


def _reject_repository_applications(document: Document) -> None:
    """Reject what the translator would ask a service for that is not here."""
    resources = document.get("Resources")
    for logical_id, resource in resources.items() if isinstance(resources, dict) else ():
        match resource:
            case {
                "Type": "AWS::Serverless::Application",
                "Properties": {"Location": {"ApplicationId": _}},
            }:
                raise TransformError(
                    NAME,
                    "Invalid Serverless Application Specification document. Number of errors "
                    f"found: 1. Resource with id [{logical_id}] is invalid. The Serverless "
                    "Application Repository is not available in this testbed; give the URL of a "
                    "template as Location.",
                )
