"""Cloud Assistant with the vendor's own SDK. Prints what came of each step as JSON; the test that runs it knows what should."""

import base64
import json
import sys
import urllib.request

from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as Ecs
from alibabacloud_tea_openapi.models import Config

base = sys.argv[1]
REGION = "cn-hangzhou"
results = {}
client = Ecs(
    Config(
        access_key_id="demoAccessKeyId",
        access_key_secret="demoAccessKeySecret",
        region_id=REGION,
        endpoint=base.removeprefix("http://"),
        protocol="http",
    )
)


def step(name, call, show=lambda body: "ok"):
    try:
        body = call().body
        results[name] = show(body)
        return body
    except Exception as error:  # the SDK's exceptions carry a code
        results[name] = getattr(error, "code", None) or repr(error)
        return None


def advance(seconds):
    data = json.dumps({"advance": f"{seconds}s"}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{base}/_sim/clock", data=data, method="POST")).read()


def clear(text):
    return base64.b64decode(text).decode()


def command(**more):
    fields = {
        "region_id": REGION,
        "name": "patch",
        "type": "RunShellScript",
        "command_content": base64.b64encode(b"sh patch.sh\necho done {{who}}\n").decode(),
        "content_encoding": "Base64",
        "enable_parameter": True,
        "parameters": {"who": "by Jack & Jill"},
        "timeout": 600,
        "keep_command": False,
        "instance_id": ["i-web1", "i-web2", "i-web3"],
        "client_token": "token-1",
        "tag": [ecs.RunCommandRequestTag(key="intent", value="a/b")],
    }
    return ecs.RunCommandRequest(**{**fields, **more})


step(
    "agents",
    lambda: client.describe_cloud_assistant_status(
        ecs.DescribeCloudAssistantStatusRequest(region_id=REGION, instance_id=["i-web1", "i-spare1"])
    ),
    lambda body: [
        [one.instance_id, one.cloud_assistant_status, one.cloud_assistant_version, one.ostype]
        for one in body.instance_cloud_assistant_status_set.instance_cloud_assistant_status
    ],
)
first = step("run", lambda: client.run_command(command()))
again = step("run again", lambda: client.run_command(command()))
results["the same"] = first.invoke_id == again.invoke_id
step("run changed", lambda: client.run_command(command(timeout=601)))
step("run on a stopped one", lambda: client.run_command(command(client_token="token-2", instance_id=["i-web1", "i-spare1"])))
advance(3)
step(
    "invocations",
    lambda: client.describe_invocations(
        ecs.DescribeInvocationsRequest(
            region_id=REGION, tag=[ecs.DescribeInvocationsRequestTag(key="intent", value="a/b")], max_results=50
        )
    ),
    lambda body: [
        [
            one.command_name,
            one.invocation_status,
            one.invoke_status,
            clear(one.command_content),
            json.loads(one.parameters),
            {tag.tag_key: tag.tag_value for tag in one.tags.tag},
            [[each.instance_id, each.invocation_status, each.exit_code] for each in one.invoke_instances.invoke_instance],
        ]
        for one in body.invocations.invocation
    ],
)
step(
    "results",
    lambda: client.describe_invocation_results(
        ecs.DescribeInvocationResultsRequest(region_id=REGION, invoke_id=first.invoke_id, max_results=50)
    ),
    lambda body: [
        [one.instance_id, one.invocation_status, one.invoke_record_status, one.exit_code, one.error_code, clear(one.output)]
        for one in body.invocation.invocation_results.invocation_result
    ],
)
scheduled = step(
    "schedule",
    lambda: client.run_command(
        command(client_token="token-3", repeat_mode="Period", frequency="0 0/5 14 * 10 ? 2027/2 UTC", timeout=60)
    ),
)
stop = ecs.StopInvocationRequest(region_id=REGION, invoke_id=scheduled.invoke_id, instance_id=["i-web1", "i-web2", "i-web3"])
step("stop", lambda: client.stop_invocation(stop))
step(
    "stopped",
    lambda: client.describe_invocations(
        ecs.DescribeInvocationsRequest(region_id=REGION, invoke_id=scheduled.invoke_id, include_output=True)
    ),
    lambda body: [[one.invocation_status, one.repeat_mode, one.timed] for one in body.invocations.invocation],
)
step("stop another", lambda: client.stop_invocation(ecs.StopInvocationRequest(region_id=REGION, invoke_id="t-none")))

print(json.dumps(results))
