"""ListExports and ListImports.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
"""

from localstack_testbed.cloudformation import store
from localstack_testbed.cloudformation.api.deployments import Request
from localstack_testbed.cloudformation.api.descriptions import Description
from localstack_testbed.cloudformation.api.paging import page
from localstack_testbed.cloudformation.api.places import Place
from localstack_testbed.cloudformation.errors import ValidationError


def list_exports(place: Place, request: Request) -> Description:
    """Return what the stacks of this account and region export."""
    found = [
        {"ExportingStackId": stack.id, "Name": output.export, "Value": output.value}
        for stack, output in store.exports(*place)
    ]
    exports, token = page(sorted(found, key=lambda each: str(each["Name"])), _token(request))
    return {"Exports": exports, "NextToken": token}


def list_imports(place: Place, request: Request) -> Description:
    """Return the names of the stacks that import an export.

    Raises
    ------
    ValidationError
        If there is no such export, or no stack imports it.
    """
    name = request["ExportName"]
    if all(output.export != name for _, output in store.exports(*place)):
        raise ValidationError(f"No export named {name} found.")
    importers = sorted(stack.name for stack in store.importers(*place, name))
    if not importers:
        raise ValidationError(f"Export '{name}' is not imported by any stack.")
    imports, token = page(importers, _token(request))
    return {"Imports": imports, "NextToken": token}


def _token(request: Request) -> str | None:
    token: str | None = request.get("NextToken")
    return token
