"""The fixtures, in projects other than ours."""

from __future__ import annotations

import json
import re
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError

from testbed.aws.clients import Aws
from testbed.pytest_plugin.running import RunningTestbed
from tests.plugin.conftest import Project


def test_stack_and_clients(project: Project) -> None:
    result = project.run(
        """
        def test_stack(stack, aws, testbed):
            assert stack.outputs == {"Word": "hello"}
            assert stack.queues == [stack.resource("Queue")]
            assert stack.api_url is None
            aws.sqs.send_message(QueueUrl=stack.resource("Queue"), MessageBody="x")
            assert aws.client("sts") is aws.client("sts")
            assert aws.client("sts").get_caller_identity()["Account"] == "000000000000"
            assert testbed.endpoint_url == aws.endpoint_url

        def test_unknown_resource(stack):
            import pytest
            with pytest.raises(KeyError, match="has no resource Nothing, only Bucket, Queue"):
                stack.resource("Nothing")
        """
    )
    result.assert_outcomes(passed=2)


def test_parameters_come_from_the_configuration(project: Project) -> None:
    result = project.run(
        'def test_word(stack): assert stack.outputs["Word"] == "good bye"',
        "-o",
        "testbed_parameters=Word='good bye'",
    )
    result.assert_outcomes(passed=1)


def test_further_stacks_are_deleted_after_the_test(
    project: Project, testbed: RunningTestbed
) -> None:
    template = next(project.pytester.path.glob("*/template.yaml")).relative_to(
        project.pytester.path
    )
    result = project.run(
        f"""
        def test_two(deploy, aws):
            one, other = deploy("{template}"), deploy("{template}", Word="bye")
            assert one.name != other.name
            assert other.outputs == {{"Word": "bye"}}
            aws.s3.put_object(Bucket=one.resource("Bucket"), Key="k", Body=b"not empty")
            print("made", one.name, other.name)
        """,
        "-s",
    )
    result.assert_outcomes(passed=1)
    names = re.search(r"made (\S+) (\S+)", result.stdout.str())
    assert names
    cloudformation = Aws(testbed.endpoint_url, "us-east-1").cloudformation
    for name in names.groups():
        with pytest.raises(ClientError, match=f"Stack with id {name} does not exist"):
            cloudformation.describe_stacks(StackName=name)


def test_function_on_another_version_of_python_is_a_warning(project: Project) -> None:
    template = next(project.pytester.path.glob("*/template.yaml"))
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    role = {"Statement": {**trust, "Principal": {"Service": "lambda.amazonaws.com"}}}
    function = {
        "Runtime": "python3.8",  # never available
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": "Role.Arn"},
        "Code": {"ZipFile": "def handler(event, context): pass"},
    }
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": role}},
        "Old": {"Type": "AWS::Lambda::Function", "Properties": function},
    }
    template.write_text(json.dumps({"Resources": resources}))
    result = project.run(
        "def test_functions(stack): assert len(stack.functions) == 1",
        "-W",
        "default::testbed.errors.TestbedWarning",
    )
    result.assert_outcomes(passed=1, warnings=2)
    result.stdout.fnmatch_lines(
        [
            "*TestbedWarning: Old: Runtime is python3.8, which is not available here; it runs on*",
            "*TestbedWarning: Old: AWS deprecated python3.8 on 2024-10-14",
        ]
    )


def test_emails_faults_and_waiting(project: Project, unique_name: str) -> None:
    result = project.run(
        f"""
        TEMPLATE = "{unique_name}/template.yaml"
        """
        """
        import pytest
        from botocore.exceptions import ClientError

        def test_email(stack, aws, inbox, eventually, unique_name):
            aws.sns.publish(TopicArn=stack.resource("Topic"), Message="m", Subject=unique_name)
            [email] = eventually(
                lambda: [email for email in inbox.emails() if email.subject == unique_name]
            )
            assert email.recipients == ("somebody@example.com",)

        def test_email_to_somebody_who_has_not_confirmed(deploy, aws, inbox, eventually):
            topic = deploy(TEMPLATE, confirmed=False).resource("Topic")
            aws.sns.publish(TopicArn=topic, Message="m", Subject="too early")
            [asked] = eventually(lambda: inbox.confirm(topic_arn=topic))
            assert asked.address == "somebody@example.com"
            aws.sns.publish(TopicArn=topic, Message="m", Subject="in time")
            subjects = lambda: [email.subject for email in inbox.emails()]
            eventually(lambda: "in time" in subjects())
            assert "too early" not in subjects()

        def test_fault(stack, aws, faults):
            queue = stack.queues[0].split("/")[-1]
            faults.error("sqs.SendMessage", code="AccessDenied", resource=queue)
            with pytest.raises(ClientError, match="AccessDenied"):
                aws.sqs.send_message(QueueUrl=stack.queues[0], MessageBody="x")

        def test_fault_has_ended(stack, aws):
            aws.sqs.send_message(QueueUrl=stack.queues[0], MessageBody="x")

        def test_journal_and_clock(stack, aws, journal, clock):
            before = journal.position()
            aws.sqs.send_message(QueueUrl=stack.queues[0], MessageBody="x")
            assert "sent" in [entry["action"] for entry in journal.entries(before, ["queue"])]
            assert clock.view()["now"]
        """
    )
    result.assert_outcomes(passed=5)


def test_clean_restores_what_the_deployment_left(project: Project) -> None:
    result = project.run(
        """
        import requests

        def test_disturbs(stack, aws, inbox, eventually):
            bucket = stack.resource("Bucket")
            aws.s3.put_object(Bucket=bucket, Key="new", Body=b"x")
            aws.sqs.send_message(QueueUrl=stack.queues[0], MessageBody="x")
            aws.sns.publish(TopicArn=stack.resource("Topic"), Message="m")
            eventually(inbox.emails)

        def test_finds_nothing_of_it(clean, stack, aws, inbox):
            assert "Contents" not in aws.s3.list_objects_v2(Bucket=stack.resource("Bucket"))
            assert "Messages" not in aws.sqs.receive_message(QueueUrl=stack.queues[0])
            assert inbox.emails() == []
        """
    )
    result.assert_outcomes(passed=2)


def test_websites_fail_on_demand(project: Project) -> None:
    result = project.run(
        """
        import pytest
        import requests

        def test_site(website):
            site = website("hello")
            assert requests.get(site.url).text == "hello"
            site.answers(503)
            assert requests.get(site.url).status_code == 503
            site.down()
            with pytest.raises(requests.ConnectionError):
                requests.get(site.url)
            site.recovers()
            assert requests.get(site.url).text == "hello"
        """
    )
    result.assert_outcomes(passed=1)


def test_names_are_unique_and_allowed(project: Project) -> None:
    result = project.run(
        """
        import pytest
        seen = set()

        @pytest.mark.parametrize("case", ["a/b c", "x" * 300, "äöü"])
        def test_name(unique_name, case):
            import re
            assert re.fullmatch("[a-z0-9][a-z0-9-]{0,38}", unique_name)
            assert unique_name not in seen
            seen.add(unique_name)
        """
    )
    result.assert_outcomes(passed=3)


def test_localstack_stops_with_the_run(project: Project) -> None:
    result = project.run(
        """
        import requests

        def test_answers(testbed):
            health = requests.get(testbed.endpoint_url + "/_localstack/health").json()
            assert health["version"] == "2026.3.0"
            print("process", testbed.session.localstack.running().pid)
        """,
        "-s",
        own=True,
    )
    result.assert_outcomes(passed=1)
    found = re.search(r"process (\d+)", result.stdout.str())
    assert found
    assert not psutil.pid_exists(int(found[1]))


def test_each_worker_starts_its_own_localstack(project: Project, tmp_path: Path) -> None:
    result = project.run(
        f"""
        import os, pathlib, pytest

        @pytest.mark.parametrize("number", range(2))
        def test_answers(testbed, number):
            worker = os.environ["PYTEST_XDIST_WORKER"]
            pathlib.Path({str(tmp_path)!r}, worker).write_text(testbed.endpoint_url)
        """,
        "-n2",
        "--dist=each",
        own=True,
    )
    result.assert_outcomes(passed=4)
    assert len({path.read_text() for path in tmp_path.iterdir()}) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "testbed_parameters=Wrod=x"), "*Wrod*"),
        (
            ("-o", "testbed_parameters=nonsense"),
            "testbed_parameters: 'nonsense' is not of the form*",
        ),
    ],
)
def test_errors_have_a_message_and_no_traceback(
    project: Project, options: tuple[str, ...], message: str
) -> None:
    result = project.run("def test_stack(stack): pass", *options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*During handling*")


def test_error_of_deploy_is_not_hidden_by_its_cleanup(project: Project) -> None:
    template = next(project.pytester.path.glob("*/template.yaml")).relative_to(
        project.pytester.path
    )
    result = project.run(f'def test_deploy(deploy): deploy("{template}", Wrod="bye")')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*The template has no parameter Wrod; its parameters: Word."])
    result.stdout.no_fnmatch_line("*does not exist*")


def test_code_under_test_uses_the_testbed(project: Project) -> None:
    """Its clients may exist before the testbed runs; other tests can use a mock of AWS."""
    result = project.run(
        """
        import boto3, os, pytest

        early = boto3.client("s3")  # as in a handler's module
        queues = boto3.resource("sqs")

        def put_and_list(bucket):
            early.put_object(Bucket=bucket, Key="k", Body=b"x")
            late = boto3.client("s3")
            return [each["Key"] for each in late.list_objects_v2(Bucket=bucket)["Contents"]]

        def test_clients(stack):
            assert put_and_list(stack.resource("Bucket")) == ["k"]
            name = stack.resource("Queue").rpartition("/")[2]
            assert queues.get_queue_by_name(QueueName=name).url == stack.resource("Queue")

        def test_without():
            assert "AWS_ENDPOINT_URL" not in os.environ
            assert os.environ["AWS_ACCESS_KEY_ID"] == "test"

        @pytest.mark.testbed_target("aws")
        def test_only_there(stack): raise AssertionError
        """,
        "-m",
        "testbed or not testbed",
    )
    result.assert_outcomes(passed=2, skipped=1)
    result = project.run("def test_a(stack): assert 0\ndef test_b(): pass", "-m", "not testbed")
    result.assert_outcomes(passed=1, deselected=1)


def test_what_does_not_exist_yet_is_waited_for(project: Project) -> None:
    result = project.run(
        """
        import pytest
        from testbed import StillFalseError

        def test_object(stack, aws, eventually, unique_name):
            bucket = stack.resource("Bucket")
            calls = []

            def content():
                calls.append(1)
                if len(calls) == 3:
                    aws.s3.put_object(Bucket=bucket, Key=unique_name, Body=b"x")
                return aws.s3.get_object(Bucket=bucket, Key=unique_name)["Body"].read()

            assert eventually(content) == b"x"

        @pytest.mark.parametrize("call", [
            lambda aws: aws.s3.head_object(Bucket="no-such-bucket", Key="k"),
            lambda aws: aws.sqs.get_queue_url(QueueName="no-such-queue"),
            lambda aws: aws.lambda_.get_function(FunctionName="no-such-function"),
            lambda aws: aws.cloudformation.describe_stacks(StackName="no-such-stack"),
            lambda aws: aws.logs.describe_log_streams(logGroupName="no-such-group"),
            lambda aws: aws.client("iam").get_role(RoleName="no-such-role"),
            lambda aws: aws.events.describe_rule(Name="no-such-rule"),
            lambda aws: aws.sns.get_topic_attributes(
                TopicArn="arn:aws:sns:us-east-1:000000000000:no-such-topic"),
        ])
        def test_missing(aws, eventually, call):
            with pytest.raises(StillFalseError, match=r"(?i)not.?(exist|found)|no such|cannot be"):
                eventually(lambda: call(aws), within=0.01)

        def test_other_errors_are_raised(aws, eventually):
            with pytest.raises(Exception, match="ValidationException"):
                eventually(lambda: aws.lambda_.get_function(FunctionName="not a name"), within=0.01)
        """
    )
    result.assert_outcomes(passed=10)
