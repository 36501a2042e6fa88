"""Blocks of the documentation that the tests do not run, with the reasons.

Each command in a block of ``sh`` or ``console`` runs in the tests' testbed, in the order of the
page, unless ``NOT_RUN`` has a line for it; it is parsed in any case. A block of another language
needs a line in ``LISTED`` unless ``test_blocks`` has a check for its language.
"""

from __future__ import annotations

# A regular expression that matches the beginning of a command line, and why it is not run.
NOT_RUN = {
    r"\./scripts/demo": "tests/cli/test_demo.py",
    r"\./scripts/test": "would run itself",
    r"\./scripts/bench|\./scripts/soak": "scripts/bench-short, in .ci/run",
    r"(\.venv/bin/)?testbed up": "tests/cli/test_life.py; here one already runs",
    r"(\.venv/bin/)?testbed down": "tests/cli/test_life.py; the other tests need it",
    r"testbed reset --(empty|save)": "tests/cli/test_reset.py; the other tests need the stack",
    r"testbed (journal|logs) .*--follow": "never ends; tests/cli",
    r"testbed watch": "never ends; tests/cli/test_watch.py",
    r"testbed debug \S+$": "never ends; tests/cli/test_debug.py",
    r"testbed trace ID": "a placeholder; tests/cli/test_journal.py",
    r"docker |export COMPOSE_FILE=": "Docker; tests/compose",
    r"testbed deploy --target aws": "an AWS account; tests/cli/test_aws_target.py",
    r"cdk ": "needs CDK; tests/extension/live/cloudformation/test_cdk.py makes the same calls",
    r"terraform ": "tests/terraform",
    r"testbed init|cd shop|pytest|\. \.venv/bin/activate": "tests/plugin/test_new_project.py",
    r"curl --data '\{\"id\"": "the API of examples/orders; its own tests call it",
    r"sam |aws s3 cp sites.yaml s3://BUCKET": "tests/pipeline/sam",
    r'aws s3 cp sites.yaml "\$\(aws cloudformation': "needs an AWS account",
    r"AWS_PROFILE=mine ": "an AWS account; tests/plugin/test_aws_account.py",
    r"python3(\.13)? -m venv|runtime/bin/pip|pip install": "the network",
    r"PYTHONPATH=\$PWD/extensions": "tests/extension start LocalStack this way",
    r"uvx ": "the network",
    r"\.venv/bin/uv |dist/check/bin/testbed ": "builds and checks a release, with the network",
    r"your-tests ": "a placeholder for the reader's program",
}

# Pages that are followed from the beginning to the end, and the test that does it.
FOLLOWED = {
    "docs/find-a-bug.md": "tests/docs/walkthroughs/test_find_a_bug.py",
    "docs/first-steps.md": "tests/docs/walkthroughs/test_first_steps.py",
    "docs/your-repository.md": "tests/installation/test_your_repository.py",
}

# The first words of a block that shows output or a diagram, and the test that covers it.
LISTED = {
    "flowchart TB": "a diagram of parts; tests/docs/test_architecture.py has the packages",
    "flowchart LR": "a diagram; tests/template/test_template.py has the resources",
    'provider "aws"': "a configuration of Terraform; tests/terraform",
    "shop breaks": "output of the demo; tests/cli/test_demo.py",
    "✗ init scripts: execute": "output of the doctor; tests/testbed/doctor/test_doctor.py",
    "$ testbed watch": "output of watch; tests/cli/test_watch.py",
    "OrdersFunction: Runtime is": "a note; tests/testbed/control/test_runtimes.py",
    "id              fault": "output of fault list; tests/testbed/control/test_faults.py",
    "10:48:08.363  schedule": "output of trace; tests/testbed/trace/test_chains.py",
    "testbed.pytest_plugin.eventually.StillFalseError": "a report; tests/plugin/test_report.py",
}

# The blocks of Python that are run: their first line, and statements that replace each "...".
# `endpoint_url` and `aws` (the SDK's clients) are defined.
PYTHON_RUN = {
    "from testbed import Faults": (
        "from contextlib import suppress\n"
        'topic = aws.sns.create_topic(Name="docs")["TopicArn"]\n'
        "for _ in range(4):\n"
        "    with suppress(aws.sns.exceptions.InternalErrorException):\n"
        '        aws.sns.publish(TopicArn=topic, Message="hello")',
    ),
    "from testbed import Journal": (
        'ses = aws.client("ses")\n'
        'ses.verify_email_identity(EmailAddress="docs@example.com")\n'
        'ses.send_email(Source="docs@example.com", Destination={"ToAddresses": ["a@b.c"]},'
        ' Message={"Subject": {"Data": "shown"}, "Body": {"Text": {"Data": "text"}}})',
    ),
}
