"""Resource types of IAM.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from localstack_testbed.cloudformation.resources.helpers import (
    delete_if_exists,
    exists,
    json_text,
    tag_list,
    update_tags,
)
from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceError,
    ResourceType,
)


class _Principal:
    """The policies of a role, user or group, which have APIs of the same form."""

    def __init__(self, iam: Any, kind: str, name: str) -> None:
        self._iam = iam
        self._kind = kind
        self._target = {f"{kind.title()}Name": name}

    def call(self, template: str, **arguments: Any) -> Any:
        """Call an operation, such as ``put_{}_policy``."""
        return getattr(self._iam, template.format(self._kind))(**self._target, **arguments)

    def has_inline(self, name: str) -> bool:
        return exists(self.call, template="get_{}_policy", PolicyName=name)

    def put_inline(self, name: str, document: Any) -> None:
        self.call("put_{}_policy", PolicyName=name, PolicyDocument=json_text(document))

    def delete_inline(self, name: str) -> None:
        delete_if_exists(self.call, template="delete_{}_policy", PolicyName=name)

    def attached(self) -> set[str]:
        pages = self._iam.get_paginator(f"list_attached_{self._kind}_policies")
        return {
            policy["PolicyArn"]
            for page in pages.paginate(**self._target)
            for policy in page["AttachedPolicies"]
        }

    def attach(self, arns: Iterable[str]) -> None:
        # LocalStack counts an attachment twice if it is attached twice.
        for arn in sorted(set(arns) - self.attached()):
            self.call("attach_{}_policy", PolicyArn=arn)

    def detach(self, arns: Iterable[str]) -> None:
        for arn in sorted(set(arns)):
            delete_if_exists(self.call, template="detach_{}_policy", PolicyArn=arn)

    def set_policies(self, old: Properties, new: Properties) -> None:
        """Bring ``Policies`` and ``ManagedPolicyArns`` to the new ones, and leave others alone."""
        for policy in new.get("Policies") or ():
            self.put_inline(policy["PolicyName"], policy["PolicyDocument"])
        kept = {policy["PolicyName"] for policy in new.get("Policies") or ()}
        for policy in old.get("Policies") or ():
            if policy["PolicyName"] not in kept:
                self.delete_inline(policy["PolicyName"])
        arns = new.get("ManagedPolicyArns") or []
        self.attach(arns)
        self.detach(set(old.get("ManagedPolicyArns") or ()) - set(arns))

    def set_tags(self, old: Properties, new: Properties) -> None:
        update_tags(
            old,
            new,
            tag=lambda tags: self.call("tag_{}", Tags=tag_list(tags)),
            untag=lambda keys: self.call("untag_{}", TagKeys=keys),
        )

    def set_boundary(self, old: Properties, new: Properties) -> None:
        if boundary := new.get("PermissionsBoundary"):
            self.call("put_{}_permissions_boundary", PermissionsBoundary=boundary)
        elif old.get("PermissionsBoundary"):
            delete_if_exists(self.call, template="delete_{}_permissions_boundary")

    def remove_policies(self, properties: Properties) -> None:
        """Remove what would keep the principal from being deleted.

        CloudFormation removes what the template has; if another policy is attached, the
        deletion fails.
        """
        self.set_policies(properties, {})


class Role(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html"""

    name_property = "RoleName"

    def create(self, context: Context, properties: Properties) -> str:
        iam = context.client("iam")
        name: str = properties.get("RoleName") or context.generated_name(64)
        optional = ("Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags")
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json_text(properties["AssumeRolePolicyDocument"]),
            **{key: properties[key] for key in optional if properties.get(key)},
        )
        context.created(name)
        _Principal(iam, "role", name).set_policies({}, properties)
        return name

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        iam = context.client("iam")
        role = _Principal(iam, "role", physical_id)
        iam.update_assume_role_policy(
            RoleName=physical_id, PolicyDocument=json_text(new["AssumeRolePolicyDocument"])
        )
        iam.update_role(
            RoleName=physical_id,
            Description=new.get("Description", ""),
            MaxSessionDuration=new.get("MaxSessionDuration", 3600),
        )
        role.set_boundary(old, new)
        role.set_policies(old, new)
        role.set_tags(old, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        iam = context.client("iam")
        _Principal(iam, "role", physical_id).remove_policies(properties)
        iam.delete_role(RoleName=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        role = context.client("iam").get_role(RoleName=physical_id)["Role"]
        return {"Arn": role["Arn"], "RoleId": role["RoleId"]}


class User(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-user.html"""

    name_property = "UserName"

    def create(self, context: Context, properties: Properties) -> str:
        iam = context.client("iam")
        name: str = properties.get("UserName") or context.generated_name(64)
        optional = ("Path", "PermissionsBoundary", "Tags")
        iam.create_user(
            UserName=name, **{key: properties[key] for key in optional if properties.get(key)}
        )
        context.created(name)
        _Principal(iam, "user", name).set_policies({}, properties)
        self._set_groups(iam, name, (), properties.get("Groups") or ())
        self._set_login_profile(iam, name, properties)
        return name

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        iam = context.client("iam")
        user = _Principal(iam, "user", physical_id)
        iam.update_user(UserName=physical_id, NewPath=new.get("Path", "/"))
        user.set_boundary(old, new)
        user.set_policies(old, new)
        user.set_tags(old, new)
        self._set_groups(iam, physical_id, old.get("Groups") or (), new.get("Groups") or ())
        if new.get("LoginProfile") or old.get("LoginProfile"):
            self._set_login_profile(iam, physical_id, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        iam = context.client("iam")
        _Principal(iam, "user", physical_id).remove_policies(properties)
        self._set_groups(iam, physical_id, properties.get("Groups") or (), ())
        if properties.get("LoginProfile"):
            self._set_login_profile(iam, physical_id, {})
        iam.delete_user(UserName=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Arn": context.client("iam").get_user(UserName=physical_id)["User"]["Arn"]}

    def _set_groups(self, iam: Any, name: str, old: Iterable[str], new: Iterable[str]) -> None:
        for group in new:
            iam.add_user_to_group(GroupName=group, UserName=name)
        for group in set(old) - set(new):
            delete_if_exists(iam.remove_user_from_group, GroupName=group, UserName=name)

    def _set_login_profile(self, iam: Any, name: str, properties: Properties) -> None:
        profile = properties.get("LoginProfile")
        if not profile:
            delete_if_exists(iam.delete_login_profile, UserName=name)
            return
        call = (
            iam.update_login_profile
            if exists(iam.get_login_profile, UserName=name)
            else iam.create_login_profile
        )
        call(
            UserName=name,
            Password=profile["Password"],
            PasswordResetRequired=profile.get("PasswordResetRequired", False),
        )


class Group(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-group.html"""

    name_property = "GroupName"

    def create(self, context: Context, properties: Properties) -> str:
        iam = context.client("iam")
        name: str = properties.get("GroupName") or context.generated_name(128)
        iam.create_group(GroupName=name, Path=properties.get("Path", "/"))
        context.created(name)
        _Principal(iam, "group", name).set_policies({}, properties)
        return name

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        iam = context.client("iam")
        iam.update_group(GroupName=physical_id, NewPath=new.get("Path", "/"))
        _Principal(iam, "group", physical_id).set_policies(old, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        iam = context.client("iam")
        _Principal(iam, "group", physical_id).remove_policies(properties)
        iam.delete_group(GroupName=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Arn": context.client("iam").get_group(GroupName=physical_id)["Group"]["Arn"]}


def _targets(iam: Any, properties: Properties) -> dict[tuple[str, str], _Principal]:
    """Return the roles, users and groups that a policy names."""
    return {
        (kind, name): _Principal(iam, kind, name)
        for kind, key in (("role", "Roles"), ("user", "Users"), ("group", "Groups"))
        for name in properties.get(key) or ()
    }


class Policy(ResourceType):
    """An inline policy, put into each of the principals that it names.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-policy.html
    """

    def create(self, context: Context, properties: Properties) -> str:
        targets = _targets(context.client("iam"), properties)
        self._check_targets(targets)
        name = properties["PolicyName"]
        self._check_new(context, name, targets)
        physical_id = context.generated_name(64)
        context.created(physical_id)
        for principal in targets.values():
            principal.put_inline(name, properties["PolicyDocument"])
        return physical_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        iam = context.client("iam")
        targets, former = _targets(iam, new), _targets(iam, old)
        self._check_targets(targets)
        name, former_name = new["PolicyName"], old["PolicyName"]
        for principal in targets.values():
            principal.put_inline(name, new["PolicyDocument"])
        for key, principal in former.items():
            if key not in targets or name != former_name:
                principal.delete_inline(former_name)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        for principal in _targets(context.client("iam"), properties).values():
            principal.delete_inline(properties["PolicyName"])

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}

    def _check_targets(self, targets: Mapping[Any, _Principal]) -> None:
        if not targets:
            raise ResourceError("At least one of [Groups,Roles,Users] must be non-empty.")

    def _check_new(
        self, context: Context, name: str, targets: Mapping[tuple[str, str], _Principal]
    ) -> None:
        # PutRolePolicy would overwrite it.
        for (_, principal_name), principal in targets.items():
            if principal.has_inline(name):
                raise AlreadyExistsError(context.type_name, f"{name}|{principal_name}")


class _InlinePolicy(ResourceType):
    """One inline policy of one principal."""

    kind: ClassVar[str]

    def _principal(self, context: Context, properties: Properties) -> _Principal:
        name = properties[f"{self.kind.title()}Name"]
        return _Principal(context.client("iam"), self.kind, name)

    def create(self, context: Context, properties: Properties) -> str:
        principal, name = self._principal(context, properties), properties["PolicyName"]
        physical_id = f"{name}|{properties[f'{self.kind.title()}Name']}"
        # PutRolePolicy would overwrite it.
        if principal.has_inline(name):
            raise AlreadyExistsError(context.type_name, physical_id)
        self._put(principal, properties)
        return physical_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        self._put(self._principal(context, new), new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        self._principal(context, properties).delete_inline(properties["PolicyName"])

    def _put(self, principal: _Principal, properties: Properties) -> None:
        # The schema does not require it, IAM does.
        if not properties.get("PolicyDocument"):
            raise ResourceError("PolicyDocument is required")
        principal.put_inline(properties["PolicyName"], properties["PolicyDocument"])


class RolePolicy(_InlinePolicy):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html"""

    kind = "role"


class UserPolicy(_InlinePolicy):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-userpolicy.html"""

    kind = "user"


class GroupPolicy(_InlinePolicy):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-grouppolicy.html"""

    kind = "group"


_MOST_VERSIONS = 5
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


class ManagedPolicy(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html"""

    name_property = "ManagedPolicyName"

    def create(self, context: Context, properties: Properties) -> str:
        iam = context.client("iam")
        arn: str = iam.create_policy(
            PolicyName=properties.get("ManagedPolicyName") or context.generated_name(128),
            PolicyDocument=json_text(properties["PolicyDocument"]),
            Path=properties.get("Path", "/"),
            Description=properties.get("Description", ""),
        )["Policy"]["Arn"]
        context.created(arn)
        for principal in _targets(iam, properties).values():
            principal.attach([arn])
        return arn

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        iam = context.client("iam")
        self._set_document(iam, physical_id, new["PolicyDocument"])
        targets = _targets(iam, new)
        for principal in targets.values():
            principal.attach([physical_id])
        for key, principal in _targets(iam, old).items():
            if key not in targets:
                principal.detach([physical_id])
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        iam = context.client("iam")
        for principal in _targets(iam, properties).values():
            principal.detach([physical_id])
        for version in self._versions(iam, physical_id):
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=physical_id, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        policy = context.client("iam").get_policy(PolicyArn=physical_id)["Policy"]
        return {
            "PolicyArn": physical_id,
            "PolicyId": policy["PolicyId"],
            "DefaultVersionId": policy["DefaultVersionId"],
            "AttachmentCount": policy.get("AttachmentCount", 0),
            "PermissionsBoundaryUsageCount": policy.get("PermissionsBoundaryUsageCount", 0),
            "IsAttachable": policy.get("IsAttachable", True),
            "CreateDate": policy["CreateDate"].isoformat(),
            "UpdateDate": policy["UpdateDate"].isoformat(),
        }

    def _set_document(self, iam: Any, arn: str, document: Any) -> None:
        """Make a new version the default one; the oldest is deleted if there are too many."""
        versions = self._versions(iam, arn)
        default = next(each["VersionId"] for each in versions if each["IsDefaultVersion"])
        current = iam.get_policy_version(PolicyArn=arn, VersionId=default)
        wanted = json.loads(document) if isinstance(document, str) else document
        if current["PolicyVersion"]["Document"] == wanted:
            return
        if len(versions) >= _MOST_VERSIONS:
            oldest = min(
                (each["VersionId"] for each in versions if not each["IsDefaultVersion"]),
                key=lambda version: int(version[1:]),
            )
            iam.delete_policy_version(PolicyArn=arn, VersionId=oldest)
        iam.create_policy_version(
            PolicyArn=arn, PolicyDocument=json_text(document), SetAsDefault=True
        )

    def _versions(self, iam: Any, arn: str) -> Sequence[Any]:
        versions: Sequence[Any] = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        return versions


class UserToGroupAddition(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-usertogroupaddition.html"""

    def create(self, context: Context, properties: Properties) -> str:
        physical_id = context.generated_name(128)
        context.created(physical_id)
        self._add(context, properties)
        return physical_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        self._add(context, new)
        same_group = old["GroupName"] == new["GroupName"]
        self._remove(context, old, keep=new["Users"] if same_group else ())
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        self._remove(context, properties, keep=())

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}

    def _add(self, context: Context, properties: Properties) -> None:
        iam = context.client("iam")
        for user in properties["Users"]:
            iam.add_user_to_group(GroupName=properties["GroupName"], UserName=user)

    def _remove(self, context: Context, properties: Properties, keep: Iterable[str]) -> None:
        iam = context.client("iam")
        for user in set(properties["Users"]) - set(keep):
            delete_if_exists(
                iam.remove_user_from_group, GroupName=properties["GroupName"], UserName=user
            )


class AccessKey(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-accesskey.html"""

    def __init__(self) -> None:
        # IAM shows the secret only once.
        self._secrets: dict[str, str] = {}

    def create(self, context: Context, properties: Properties) -> str:
        iam = context.client("iam")
        key = iam.create_access_key(UserName=properties["UserName"])["AccessKey"]
        physical_id: str = key["AccessKeyId"]
        self._secrets[physical_id] = key["SecretAccessKey"]
        context.created(physical_id)
        if properties.get("Status", "Active") != "Active":
            self._set_status(iam, physical_id, properties)
        return physical_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        self._set_status(context.client("iam"), physical_id, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("iam").delete_access_key(
            UserName=properties["UserName"], AccessKeyId=physical_id
        )
        self._secrets.pop(physical_id, None)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id, "SecretAccessKey": self._secrets[physical_id]}

    def _set_status(self, iam: Any, physical_id: str, properties: Properties) -> None:
        iam.update_access_key(
            UserName=properties["UserName"],
            AccessKeyId=physical_id,
            Status=properties.get("Status", "Active"),
        )


class InstanceProfile(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-instanceprofile.html"""

    name_property = "InstanceProfileName"

    def create(self, context: Context, properties: Properties) -> str:
        iam = context.client("iam")
        name: str = properties.get("InstanceProfileName") or context.generated_name(128)
        iam.create_instance_profile(InstanceProfileName=name, Path=properties.get("Path", "/"))
        context.created(name)
        self._set_roles(iam, name, properties["Roles"])
        return name

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        self._set_roles(context.client("iam"), physical_id, new["Roles"])
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        iam = context.client("iam")
        self._set_roles(iam, physical_id, [])
        iam.delete_instance_profile(InstanceProfileName=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        profile = context.client("iam").get_instance_profile(InstanceProfileName=physical_id)
        return {"Arn": profile["InstanceProfile"]["Arn"]}

    def _set_roles(self, iam: Any, name: str, roles: Sequence[str]) -> None:
        profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        present = {role["RoleName"] for role in profile["Roles"]}
        # There can be only one, so the former has to go first.
        for role in present - set(roles):
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)
        for role in set(roles) - present:
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)


class ServiceLinkedRole(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-servicelinkedrole.html"""

    def create(self, context: Context, properties: Properties) -> str:
        names = ("AWSServiceName", "CustomSuffix", "Description")
        # The schema does not require it, IAM does.
        if not properties.get("AWSServiceName"):
            raise ResourceError("AWSServiceName is required")
        role = context.client("iam").create_service_linked_role(
            **{name: properties[name] for name in names if properties.get(name)}
        )["Role"]
        return str(role["RoleName"])

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        context.client("iam").update_role(
            RoleName=physical_id, Description=new.get("Description", "")
        )
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("iam").delete_service_linked_role(RoleName=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"RoleName": physical_id}


TYPES: dict[str, type[ResourceType]] = {
    "AWS::IAM::AccessKey": AccessKey,
    "AWS::IAM::Group": Group,
    "AWS::IAM::GroupPolicy": GroupPolicy,
    "AWS::IAM::InstanceProfile": InstanceProfile,
    "AWS::IAM::ManagedPolicy": ManagedPolicy,
    "AWS::IAM::Policy": Policy,
    "AWS::IAM::Role": Role,
    "AWS::IAM::RolePolicy": RolePolicy,
    "AWS::IAM::ServiceLinkedRole": ServiceLinkedRole,
    "AWS::IAM::User": User,
    "AWS::IAM::UserPolicy": UserPolicy,
    "AWS::IAM::UserToGroupAddition": UserToGroupAddition,
}
