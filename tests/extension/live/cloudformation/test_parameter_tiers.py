"""Tiers of SSM parameters, which can be raised, but not lowered.

https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
"""

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import deployed
from tests.extension.live.cloudformation.templates import failing, parameter, template


def test_an_advanced_parameter_stays_advanced(aws: Clients) -> None:
    standard = template(Subject=parameter("value"))
    advanced = template(Subject=parameter("value", Tier="Advanced"))

    with deployed(aws, standard) as stack:
        name = stack.physical_ids()["Subject"]
        filters = [{"Key": "Name", "Values": [name]}]

        def tier() -> str:
            [found] = aws["ssm"].describe_parameters(ParameterFilters=filters)["Parameters"]
            return str(found["Tier"])

        fails = {"Resources": {**advanced["Resources"], "Failing": failing("Subject")}}
        assert stack.update(fails) == "UPDATE_ROLLBACK_COMPLETE", stack.report()
        assert tier() == "Standard"
        assert stack.update(advanced) == "UPDATE_COMPLETE", stack.report()
        assert stack.update(standard) == "UPDATE_ROLLBACK_COMPLETE", stack.report()
        assert "can't downgrade a parameter" in stack.report()
        assert tier() == "Advanced"
