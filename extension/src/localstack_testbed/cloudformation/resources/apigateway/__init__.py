"""Resource types of API Gateway's REST APIs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
"""

from localstack_testbed.cloudformation.resources.apigateway.documentation import (
    DocumentationPart,
    DocumentationVersion,
)
from localstack_testbed.cloudformation.resources.apigateway.rest_apis import (
    GatewayResponse,
    Method,
    Model,
    RequestValidator,
    Resource,
    RestApi,
)
from localstack_testbed.cloudformation.resources.apigateway.stages import (
    Account,
    ClientCertificate,
    Deployment,
    Stage,
)
from localstack_testbed.cloudformation.resources.apigateway.usage_plans import (
    ApiKey,
    UsagePlan,
    UsagePlanKey,
)
from localstack_testbed.cloudformation.resources.model import ResourceType

# Not here, because nothing would carry them out: authorizers are not called, and no requests arrive
# at custom domain names and VPC links.
TYPES: dict[str, type[ResourceType]] = {
    "AWS::ApiGateway::Account": Account,
    "AWS::ApiGateway::ApiKey": ApiKey,
    "AWS::ApiGateway::ClientCertificate": ClientCertificate,
    "AWS::ApiGateway::Deployment": Deployment,
    "AWS::ApiGateway::DocumentationPart": DocumentationPart,
    "AWS::ApiGateway::DocumentationVersion": DocumentationVersion,
    "AWS::ApiGateway::GatewayResponse": GatewayResponse,
    "AWS::ApiGateway::Method": Method,
    "AWS::ApiGateway::Model": Model,
    "AWS::ApiGateway::RequestValidator": RequestValidator,
    "AWS::ApiGateway::Resource": Resource,
    "AWS::ApiGateway::RestApi": RestApi,
    "AWS::ApiGateway::Stage": Stage,
    "AWS::ApiGateway::UsagePlan": UsagePlan,
    "AWS::ApiGateway::UsagePlanKey": UsagePlanKey,
}
