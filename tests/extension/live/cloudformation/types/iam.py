"""Examples of the resource types of IAM."""

from collections.abc import Callable
from typing import Any

from tests.extension.live.cloudformation.types.model import ABSENT, Change, Example, Seen

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
LAMBDA_LOGS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def policy(action: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}],
    }


def trust(service: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": trust("lambda")},
}
USER = {"Type": "AWS::IAM::User"}
GROUP = {"Type": "AWS::IAM::Group"}


def policies(seen: Seen, kind: str, name: str) -> dict[str, Any]:
    """Return the inline and attached policies of a role, user or group."""
    iam = seen.client("iam")
    target = {f"{kind.title()}Name": name}

    def call(operation: str, **arguments: str) -> Any:
        return getattr(iam, operation.format(kind))(**target, **arguments)

    attached = call("list_attached_{}_policies")["AttachedPolicies"]
    return {
        "inline": {
            each: call("get_{}_policy", PolicyName=each)["PolicyDocument"]
            for each in sorted(call("list_{}_policies")["PolicyNames"])
        },
        "attached": sorted(each["PolicyArn"] for each in attached),
    }


def _own_tags(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].startswith("aws:")}


def _boundary(entity: Any) -> Any:
    return entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")


def _role(seen: Seen) -> Any:
    iam = seen.client("iam")
    role = iam.get_role(RoleName=seen.physical_id)["Role"]
    return {
        "Path": role["Path"],
        "AssumeRolePolicyDocument": role["AssumeRolePolicyDocument"],
        "Description": role.get("Description", ""),
        "MaxSessionDuration": role.get("MaxSessionDuration", 3600),
        "PermissionsBoundary": _boundary(role),
        "RoleName": role["RoleName"],
        "Tags": _own_tags(iam.list_role_tags(RoleName=seen.physical_id)["Tags"]),
        **policies(seen, "role", seen.physical_id),
    }


def _user(seen: Seen) -> Any:
    iam = seen.client("iam")
    name = seen.physical_id
    user = iam.get_user(UserName=name)["User"]
    groups = iam.list_groups_for_user(UserName=name)["Groups"]
    try:
        login = iam.get_login_profile(UserName=name)["LoginProfile"]["PasswordResetRequired"]
    except iam.exceptions.NoSuchEntityException:
        login = None
    return {
        "Path": user["Path"],
        "PermissionsBoundary": _boundary(user),
        "UserName": user["UserName"],
        "Groups": sorted(group["GroupName"] for group in groups),
        "LoginProfile": login,
        "Tags": _own_tags(iam.list_user_tags(UserName=name)["Tags"]),
        **policies(seen, "user", name),
    }


def _group(seen: Seen) -> Any:
    group = seen.client("iam").get_group(GroupName=seen.physical_id)["Group"]
    return {
        "Path": group["Path"],
        "GroupName": group["GroupName"],
        **policies(seen, "group", seen.physical_id),
    }


def _managed_policy(seen: Seen) -> Any:
    iam = seen.client("iam")
    found = iam.get_policy(PolicyArn=seen.physical_id)["Policy"]
    version = iam.get_policy_version(
        PolicyArn=seen.physical_id, VersionId=found["DefaultVersionId"]
    )["PolicyVersion"]
    entities = iam.list_entities_for_policy(PolicyArn=seen.physical_id)
    return {
        "Path": found["Path"],
        "PolicyName": found["PolicyName"],
        "Description": found.get("Description", ""),
        "AttachmentCount": found["AttachmentCount"],
        "Document": version["Document"],
        "Roles": sorted(each["RoleName"] for each in entities["PolicyRoles"]),
        "Users": sorted(each["UserName"] for each in entities["PolicyUsers"]),
        "Groups": sorted(each["GroupName"] for each in entities["PolicyGroups"]),
    }


def _policies_of(**principals: str) -> Callable[[Seen], Any]:
    """Observe the policies of principals: the kind of each, by the logical id."""
    return lambda seen: {
        name: policies(seen, kind, seen.others[name]) for name, kind in principals.items()
    }


def _members(seen: Seen) -> Any:
    iam = seen.client("iam")
    return {
        name: sorted(
            user["UserName"] for user in iam.get_group(GroupName=seen.others[name])["Users"]
        )
        for name in ("Group", "OtherGroup")
    }


def _access_key(seen: Seen) -> Any:
    iam = seen.client("iam")
    return {
        name: [
            each["Status"]
            for each in iam.list_access_keys(UserName=seen.others[name])["AccessKeyMetadata"]
            if each["AccessKeyId"] == seen.physical_id
        ]
        for name in ("User", "OtherUser")
    }


def _instance_profile(seen: Seen) -> Any:
    profile = seen.client("iam").get_instance_profile(InstanceProfileName=seen.physical_id)
    found = profile["InstanceProfile"]
    return {
        "Path": found["Path"],
        "InstanceProfileName": found["InstanceProfileName"],
        "Roles": [role["RoleName"] for role in found["Roles"]],
    }


def _service_linked_role(seen: Seen) -> Any:
    role = seen.client("iam").get_role(RoleName=seen.physical_id)["Role"]
    return {
        "Suffix": role["RoleName"].partition("_")[2],
        "Path": role["Path"],
        "Description": role.get("Description", ""),
        "AssumeRolePolicyDocument": role["AssumeRolePolicyDocument"],
    }


_INLINE = Change(
    [
        {"PolicyName": "kept", "PolicyDocument": policy("s3:GetObject")},
        {"PolicyName": "removed", "PolicyDocument": policy("s3:PutObject")},
    ],
    [
        {"PolicyName": "kept", "PolicyDocument": policy("s3:ListBucket")},
        {"PolicyName": "added", "PolicyDocument": policy("sqs:SendMessage")},
    ],
)
_ATTACHED = Change([READ_ONLY], [LAMBDA_LOGS])
_TAGS = Change(
    [{"Key": "Team", "Value": "a"}, {"Key": "Old", "Value": "x"}],
    [{"Key": "Team", "Value": "b"}, {"Key": "New", "Value": "y"}],
)
_DOCUMENT = Change(policy("s3:GetObject"), policy("s3:ListBucket"))

# The test does not replace names that are this short.
EXAMPLES = [
    Example(
        type="AWS::IAM::Role",
        properties={"AssumeRolePolicyDocument": trust("lambda")},
        changes={
            "AssumeRolePolicyDocument": Change(trust("lambda"), trust("scheduler")),
            "RoleName": Change("r-1", "r-2"),
            "Policies": _INLINE,
            "ManagedPolicyArns": _ATTACHED,
            "PermissionsBoundary": Change(READ_ONLY, ABSENT),
            "MaxSessionDuration": Change(7200, ABSENT),
            "Description": Change("What it is for", ABSENT),
            "Path": Change("/a/", "/b/"),
            "Tags": _TAGS,
        },
        observe=_role,
    ),
    Example(
        type="AWS::IAM::User",
        properties={},
        changes={
            "UserName": Change("u-1", "u-2"),
            "Policies": _INLINE,
            "ManagedPolicyArns": _ATTACHED,
            "PermissionsBoundary": Change(ABSENT, READ_ONLY),
            "Groups": Change([{"Ref": "Group"}], [{"Ref": "OtherGroup"}]),
            "LoginProfile": Change(
                {"Password": "Secret-12345"},
                {"Password": "Secret-67890", "PasswordResetRequired": True},
            ),
            "Path": Change("/a/", ABSENT),
            "Tags": _TAGS,
        },
        observe=_user,
        others={"Group": GROUP, "OtherGroup": GROUP},
    ),
    Example(
        type="AWS::IAM::Group",
        properties={},
        changes={
            "GroupName": Change("g-1", "g-2"),
            "Policies": _INLINE,
            "ManagedPolicyArns": _ATTACHED,
            "Path": Change("/a/", "/b/"),
        },
        observe=_group,
    ),
    Example(
        type="AWS::IAM::Policy",
        properties={
            "PolicyName": "example",
            "PolicyDocument": policy("s3:GetObject"),
            "Roles": [{"Ref": "Role"}],
        },
        changes={
            "PolicyName": Change("before", "after"),
            "PolicyDocument": _DOCUMENT,
            "Roles": Change([{"Ref": "Role"}], [{"Ref": "OtherRole"}]),
            "Users": Change(ABSENT, [{"Ref": "User"}]),
            "Groups": Change([{"Ref": "Group"}], ABSENT),
        },
        observe=_policies_of(Role="role", OtherRole="role", User="user", Group="group"),
        others={"Role": ROLE, "OtherRole": ROLE, "User": USER, "Group": GROUP},
    ),
    Example(
        type="AWS::IAM::ManagedPolicy",
        properties={"PolicyDocument": policy("s3:GetObject")},
        changes={
            "ManagedPolicyName": Change("m-1", "m-2"),
            "PolicyDocument": _DOCUMENT,
            "Description": Change("before", "after"),
            "Path": Change("/a/", "/b/"),
            "Roles": Change([{"Ref": "Role"}], [{"Ref": "OtherRole"}]),
            "Users": Change(ABSENT, [{"Ref": "User"}]),
            "Groups": Change([{"Ref": "Group"}], ABSENT),
        },
        observe=_managed_policy,
        others={"Role": ROLE, "OtherRole": ROLE, "User": USER, "Group": GROUP},
    ),
    *(
        Example(
            type=f"AWS::IAM::{kind.title()}Policy",
            properties={
                "PolicyName": "example",
                "PolicyDocument": policy("s3:GetObject"),
                f"{kind.title()}Name": {"Ref": "Principal"},
            },
            changes={
                "PolicyName": Change("before", "after"),
                "PolicyDocument": _DOCUMENT,
                f"{kind.title()}Name": Change({"Ref": "Principal"}, {"Ref": "OtherPrincipal"}),
            },
            observe=_policies_of(Principal=kind, OtherPrincipal=kind),
            others={"Principal": principal, "OtherPrincipal": principal},
        )
        for kind, principal in (("role", ROLE), ("user", USER), ("group", GROUP))
    ),
    Example(
        type="AWS::IAM::UserToGroupAddition",
        properties={"GroupName": {"Ref": "Group"}, "Users": [{"Ref": "User"}]},
        changes={
            "GroupName": Change({"Ref": "Group"}, {"Ref": "OtherGroup"}),
            "Users": Change([{"Ref": "User"}], [{"Ref": "OtherUser"}]),
        },
        observe=_members,
        others={"Group": GROUP, "OtherGroup": GROUP, "User": USER, "OtherUser": USER},
    ),
    Example(
        type="AWS::IAM::AccessKey",
        properties={"UserName": {"Ref": "User"}},
        changes={
            "Status": Change("Inactive", ABSENT),
            "UserName": Change({"Ref": "User"}, {"Ref": "OtherUser"}),
        },
        observe=_access_key,
        others={"User": USER, "OtherUser": USER},
        exceptions={"Serial": "A larger number makes a new key, which looks like the old one"},
    ),
    Example(
        type="AWS::IAM::InstanceProfile",
        properties={"Roles": [{"Ref": "Role"}]},
        changes={
            "InstanceProfileName": Change("p-1", "p-2"),
            "Path": Change("/a/", "/b/"),
            "Roles": Change([{"Ref": "Role"}], [{"Ref": "OtherRole"}]),
        },
        observe=_instance_profile,
        others={"Role": ROLE, "OtherRole": ROLE},
    ),
    Example(
        type="AWS::IAM::ServiceLinkedRole",
        properties={"AWSServiceName": "autoscaling.amazonaws.com"},
        changes={
            "AWSServiceName": Change("autoscaling.amazonaws.com", "lex.amazonaws.com"),
            "CustomSuffix": Change("First", "Second"),
            "Description": Change("What it is for", ABSENT),
        },
        observe=_service_linked_role,
    ),
]
