"""Transforms: LanguageExtensions, Include, Serverless.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from localstack_testbed.cloudformation.template.document import Document


def process(
    document: Document,
    parameters: Mapping[str, Any],
    read_object: Callable[[str], str],
) -> Document:
    """Return the document after its transforms, in AWS's order.

    ``parameters`` are the resolved values, with those of pseudo parameters; ``read_object``
    returns the text behind an ``s3://`` or https URL of AWS::Include's Location or a
    DefinitionUri.

    Raises
    ------
    ValidationError
        As AWS says it, such as ``Transform AWS::Serverless-2016-10-31 failed with: …``; a macro
        that this testbed does not have is rejected by name.
    """
    raise NotImplementedError
