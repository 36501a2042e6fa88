"""Deployment packages of functions whose code is in the template (``Code: ZipFile``).

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
"""

import io
import zipfile
from pathlib import Path

_FOLDER = Path(__file__).parent

# What is zipped at two times has to have the same hash: an unchanged function is not published.
_TIME = (1980, 1, 1, 0, 0, 0)

LARGEST = 4 * 1024 * 1024
"""The largest inline code that CloudFormation accepts, in bytes."""


def archive(source: str, runtime: str) -> bytes | None:
    """Return the archive with a function's inline code, or None for runtimes without it.

    CloudFormation puts the code into a file ``index``, next to its module for responses of
    custom resources:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/cfn-lambda-function-code-cfnresponsemodule.html
    """
    if runtime.startswith("python"):
        files = {"index.py": source, "cfnresponse.py": _module("cfnresponse.py")}
    elif runtime.startswith("nodejs"):
        module = _module("cfn-response.js")
        files = {"index.js": source, "node_modules/cfn-response/index.js": module}
    else:
        return None
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, text)
    return content.getvalue()


def _module(name: str) -> str:
    return (_FOLDER / name).read_text()
