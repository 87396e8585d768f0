"""One session with the vendor's own SDK for Auto Scaling: each field of its request model there and back. `eci-fields.tsv` tells the names."""

import csv
import json
import sys

from alibabacloud_ess20220222 import models as ess
from alibabacloud_ess20220222.client import Client
from alibabacloud_tea_openapi.models import Config

url, table = sys.argv[1:]
REGION = "cn-hangzhou"
SAID = {"ContainersUpdateType": "RenewUpdate", "SpotStrategy": "SpotWithPriceLimit"}
results = {}


def step(name, call):
    try:
        results[name] = call()
    except Exception as error:  # the SDK's exceptions carry a code
        results[name] = getattr(error, "code", None) or repr(error)


def value(number, name, kind):
    if kind == "boolean":
        return True
    if kind == "float32":
        return number + 0.1
    return SAID.get(name, f"text {number}") if kind == "string" else number


def put(place, path, leaf):
    """Nested as the SDK wants it, with one entry in each list."""
    first, *rest = path.split(".", 1)
    name = first.removesuffix("[]")
    if not rest:
        place[name] = [leaf] if first.endswith("[]") else leaf
    elif first.endswith("[]"):
        put(place.setdefault(name, [{}])[0], rest[0], leaf)
    else:
        put(place.setdefault(name, {}), rest[0], leaf)


def get(place, path):
    for part in path.split("."):
        place = (place or {}).get(part.removesuffix("[]"))
        if part.endswith("[]"):
            place = place[0] if place else None
    return place


def unset(model, path=""):
    """What of a request nobody said: that would not be every field."""
    if isinstance(model, list):
        return [hole for one in model for hole in unset(one, path)]
    if not hasattr(model, "to_map"):
        return [] if model is not None else [path]
    return [hole for name, one in vars(model).items() for hole in unset(one, f"{path}.{name}")]


def describe(identifier):
    request = ess.DescribeEciScalingConfigurationsRequest(region_id=REGION, scaling_configuration_ids=[identifier])
    return client.describe_eci_scaling_configurations(request).body.scaling_configurations


def delete(identifier):
    request = ess.DeleteEciScalingConfigurationRequest(region_id=REGION, scaling_configuration_id=identifier)
    client.delete_eci_scaling_configuration(request)
    return "ok"


def send(model, operation, column, own):
    """Sends each field and compares what is read back; gives what does not fit."""
    wanted = {}
    for number, row in enumerate(rows, start=11):
        if row[column] != "-":
            put(wanted, row[column], value(number, row["request"], row["type"]))
    wanted.update(own)
    request = model().from_map(wanted)
    holes = unset(request)
    body = operation(request).body.to_map()
    answer = describe(body.get("ScalingConfigurationId") or own["ScalingConfigurationId"])[0].to_map()
    compared, wrong = 0, []
    for row in rows:
        if row[column] == "-" or row["answer"] == "-":
            continue
        compared += 1
        sent, read = get(wanted, row[column]), get(answer, row["answer"])
        if read != (str(sent) if row["answer type"] == "string" else sent):
            wrong.append([row["request"], sent, read])
    return {"not sent": holes, "compared": compared, "wrong": wrong, "id": answer["ScalingConfigurationId"]}


with open(table, encoding="utf-8") as lines:
    names = ["request", "type", "answer", "answer type", "create"]
    rows = list(csv.DictReader((line for line in lines if line[0] != "#"), names, delimiter="\t"))

client = Client(
    Config(
        access_key_id="demoAccessKeyId",
        access_key_secret="demoAccessKeySecret",
        region_id=REGION,
        endpoint=url.removeprefix("http://"),
        protocol="http",
    )
)

step(
    "groups",
    lambda: [
        [group.scaling_group_id, group.group_type, group.active_scaling_configuration_id]
        for group in client.describe_scaling_groups(
            ess.DescribeScalingGroupsRequest(region_id=REGION, scaling_group_names=["web"])
        ).body.scaling_groups
    ],
)
step(
    "create",
    lambda: send(
        ess.CreateEciScalingConfigurationRequest,
        client.create_eci_scaling_configuration,
        "create",
        {"ScalingGroupId": "asg-1"},
    ),
)
created = results["create"].pop("id", None) if isinstance(results["create"], dict) else None
step(
    "modify",
    lambda: send(
        ess.ModifyEciScalingConfigurationRequest,
        client.modify_eci_scaling_configuration,
        "request",
        {"ScalingConfigurationId": created},
    ),
)
if isinstance(results["modify"], dict):
    results["same"] = results["modify"].pop("id") == created
step("delete an active one", lambda: delete("asc-1"))
step("delete", lambda: delete(created))
step("delete again", lambda: delete(created))
step("describe", lambda: describe(created))

print(json.dumps(results))
