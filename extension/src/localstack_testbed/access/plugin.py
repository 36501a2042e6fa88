"""The rules at the start of LocalStack's chain of handlers."""

import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from localstack_testbed.access.hosts import AllowedHosts
from localstack_testbed.access.public import is_public
from localstack_testbed.access.sites import Origins
from localstack_testbed.hooks.patching import replace
from localstack_testbed.hooks.settings import ALLOWED_HOSTS, ALLOWED_ORIGINS
from localstack_testbed.hooks.shared_patches import CREATE_GATEWAY

LOG = logging.getLogger(__name__)

_PUBLIC = "testbed_is_public"

type Rule = Callable[[Any], str | None]
"""Returns why a request is rejected, given its context; None if it is not."""


def reject_foreign_requests() -> None:
    """Put the rules before LocalStack's handlers, and replace its own rules."""
    from localstack import config
    from localstack.aws.handlers import cors

    hosts = AllowedHosts(
        config.LOCALSTACK_HOST.host,
        ALLOWED_HOSTS.value(),
        _custom_domains,
        _local_addresses,
    )
    origins = Origins(ALLOWED_ORIGINS.value())

    def is_own(headers: Any) -> bool:
        return origins.foreign_origin(headers) is None

    def is_enforced(context: Any) -> bool:
        return not context.get(_PUBLIC) and is_left_to_localstack(context)

    replace(cors.CorsEnforcer, "is_cors_origin_allowed", staticmethod(is_own))
    is_left_to_localstack = replace(cors, "should_enforce_self_managed_service", is_enforced)
    gate = Gate(host_rule(hosts), site_rule(origins))

    @CREATE_GATEWAY.wrap
    def create_gateway(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.request_handlers.insert(0, gate)


class Gate:
    """A request handler that answers status 403 if one of its rules rejects a request."""

    def __init__(self, *rules: Rule) -> None:
        self._rules = rules

    def __call__(self, chain: Any, context: Any, response: Any) -> None:
        for rule in self._rules:
            if (reason := rule(context)) is not None:
                LOG.info("Rejected %r: %r", context.request.path, reason)
                response.status_code = 403
                response.mimetype = "application/json"
                response.data = json.dumps({"message": reason})
                # Not stop(): LocalStack would add headers that let the page read the response.
                chain.terminate()
                return


def host_rule(hosts: AllowedHosts) -> Rule:
    """Return the rule that rejects hosts that are not names of LocalStack."""

    def rule(context: Any) -> str | None:
        given = context.request.headers.getlist("Host")
        if len(given) == 1 and given[0] in hosts:
            return None
        shown = given[0][:200] if given else ""
        name = shown.partition(":")[0] or "NAME"
        return (
            f"The Host {shown!r} is not a name of this LocalStack. Call it by 127.0.0.1 or "
            f"localhost, or allow the name: TESTBED_ALLOWED_HOSTS={name}"
        )

    return rule


def site_rule(origins: Origins) -> Rule:
    """Return the rule that rejects requests of foreign pages, except to public endpoints."""

    def rule(context: Any) -> str | None:
        sender = origins.foreign_origin(context.request.headers)
        if sender is None:
            return None
        if is_public(context.request):
            setattr(context, _PUBLIC, True)
            return None
        return (
            f"This request is sent by {sender}, which is not LocalStack's own. "
            "To let pages of another origin call it, allow the origin: "
            "EXTRA_CORS_ALLOWED_ORIGINS=ORIGIN"
        )

    return rule


def _custom_domains() -> Iterator[str]:
    """Return the custom domain names of all accounts and regions.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
    """
    models = sys.modules.get("localstack.services.apigateway.models")
    if models is None:  # API Gateway has not been used
        return
    for _, _, store in models.apigateway_stores.iter_stores():
        yield from list(store.domain_names)


def _local_addresses() -> Iterable[str]:
    import psutil  # type: ignore[import-untyped]

    return {each.address for some in psutil.net_if_addrs().values() for each in some}
