"""Faster loading of services, by leaving out unused work.

- For every operation of a REST service, werkzeug compiles two functions that build URLs. LocalStack
  only parses URLs; here such a function is compiled when it is first called.
- botocore reads its models, megabytes of JSON, into ``OrderedDict``, although ``dict`` keeps the
  order as well.
"""

import json
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader  # type: ignore[import-untyped]
from werkzeug.routing.rules import Rule

from localstack_testbed.hooks.patching import patch


def load_services_faster() -> None:
    """Patch werkzeug and botocore."""

    @patch(Rule._compile_builder)
    def compile_builder(original: Any, self: Rule, append_unknown: bool = True) -> Any:
        compiled: Any = None

        def build(rule: Rule, **values: Any) -> Any:
            nonlocal compiled
            if compiled is None:
                compiled = original(self, append_unknown)
            return compiled(rule, **values)

        return build

    @patch(JSONFileLoader._load_file, pass_target=False)
    def load_file(_self: Any, path: str, open_method: Any) -> Any:
        if not Path(path).is_file():
            return None
        with open_method(path, "rb") as file:
            return json.loads(file.read())
