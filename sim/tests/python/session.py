"""One session with the vendor's own SDK. Prints what came of each step as JSON; the test that runs it knows what should."""

import json
import sys
import urllib.request

from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as Ecs
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.models import Config

base = sys.argv[1]
REGION = "cn-hangzhou"
results = {}


def config(secret="demoAccessKeySecret"):
    return Config(
        access_key_id="demoAccessKeyId",
        access_key_secret=secret,
        region_id=REGION,
        endpoint=base.removeprefix("http://"),
        protocol="http",
    )


def admin(door, body):
    data = json.dumps(body).encode()
    urllib.request.urlopen(urllib.request.Request(f"{base}/_sim/{door}", data=data, method="POST")).read()


def step(name, call, show=lambda body: "ok"):
    try:
        results[name] = show(call().body)
    except Exception as error:  # the SDK's exceptions carry a code
        results[name] = getattr(error, "code", None) or repr(error)


def groups_of(instance):
    def show(body):
        return body.instances.instance[0].security_group_ids.security_group_id

    request = ecs.DescribeInstancesRequest(
        region_id=REGION, instance_ids=json.dumps([instance]), max_results=100, dry_run=False
    )
    return (lambda: client.describe_instances(request)), show


client = Ecs(config())
join = ecs.JoinSecurityGroupRequest(region_id=REGION, security_group_id="sg-web", instance_id="i-web1")
leave = ecs.LeaveSecurityGroupRequest(region_id=REGION, security_group_id="sg-web", instance_id="i-web1")

step("identity", lambda: Sts(config()).get_caller_identity(), lambda body: [body.account_id, body.identity_type, body.arn])
step("join", lambda: client.join_security_group(join))
step("groups after join", *groups_of("i-web1"))
step("join again", lambda: client.join_security_group(join))
step("leave", lambda: client.leave_security_group(leave))
step("groups after leave", *groups_of("i-web1"))
step("leave again", lambda: client.leave_security_group(leave))
step(
    "join an interface",
    lambda: client.join_security_group(
        ecs.JoinSecurityGroupRequest(
            region_id=REGION, security_group_id="sg-web", network_interface_id="eni-db1-backup"
        )
    ),
)
step(
    "interfaces",
    lambda: client.describe_network_interfaces(
        ecs.DescribeNetworkInterfacesRequest(
            region_id=REGION, network_interface_id=["eni-db1", "eni-db1-backup"], max_results=500
        )
    ),
    lambda body: [
        [one.network_interface_id, one.type, one.security_group_ids.security_group_id]
        for one in body.network_interface_sets.network_interface_set
    ],
)
step(
    "groups",
    lambda: client.describe_security_groups(
        ecs.DescribeSecurityGroupsRequest(
            region_id=REGION, security_group_ids=json.dumps(["sg-web", "sg-enterprise"]), max_results=100
        )
    ),
    lambda body: [
        [one.security_group_id, one.security_group_type, one.vpc_id] for one in body.security_groups.security_group
    ],
)
step(
    "by tag",
    lambda: client.describe_instances(
        ecs.DescribeInstancesRequest(
            region_id=REGION, tag=[ecs.DescribeInstancesRequestTag(key="role", value="web")], max_results=100
        )
    ),
    lambda body: [
        [one.instance_id, one.status, {tag.tag_key: tag.tag_value for tag in one.tags.tag}]
        for one in body.instances.instance
    ],
)
step("wrong secret", lambda: Ecs(config(secret="another one")).join_security_group(join))
admin("state", {"settings": {"limits": {"JoinSecurityGroup": 0}}})
step("throttled", lambda: client.join_security_group(join))
admin("state", {"settings": {"throttleHeaders": "both"}})
try:
    client.join_security_group(join)
except Exception as error:
    results["waits at most a minute"] = 0 < error.retry_after <= 60_000

print(json.dumps(results))
