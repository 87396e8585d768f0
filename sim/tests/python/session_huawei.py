"""One session with the SDKs that people use at Huawei Cloud. Prints what came of each step as JSON; the test that runs it knows what should."""

import json
import sys
import urllib.request
from datetime import datetime, timezone

import openstack
from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkcore.client import Client, ClientBuilder
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkcore.sdk_response import SdkResponse
from huaweicloudsdkiam.v3 import IamClient
from huaweicloudsdkiam.v3 import model as iam
from otcextensions import sdk as otc

base = sys.argv[1]
ACCESS, SECRET = "DEMOACCESSKEY0000001", "demo-secret-key-of-alice"
results = {}


def admin(door, body):
    data = json.dumps(body).encode()
    urllib.request.urlopen(urllib.request.Request(f"{base}/_sim/{door}", data=data, method="POST")).read()


def step(name, call):
    try:
        results[name] = call()
    except Exception as error:  # the SDKs' exceptions carry a code, or a status
        code = getattr(error, "error_code", None) or getattr(error, "http_status", None) or getattr(error, "status_code", None)
        results[name] = code or repr(error)


def complaint(call):
    try:
        return f"none: {call()}"
    except Exception as error:
        return str(error)


class Items(SdkResponse):
    openapi_types = {}
    attribute_map = {}


class Plain(Client):
    """The SDK's own client and signer, for a service that it has no module for."""

    def __init__(self):
        super().__init__()
        self.model_package = sys.modules[__name__]

    def get(self, path, **query):
        return self.ask("GET", path, query_params=list(query.items()))["checkpoint_items"]

    def ask(self, method, path, **more):
        answer = self.do_http_request(method=method, resource_path=path, header_params={}, response_type="Items", **more)
        return answer.to_json_object()


def basic(access=ACCESS, secret=SECRET):
    return BasicCredentials(access, secret).with_iam_endpoint(base)


def regional(credentials, region="eu-de"):
    return ClientBuilder(Plain).with_credentials(credentials).with_region(Region(region, base)).build()


def iam_client(credentials):
    return IamClient.new_builder().with_credentials(credentials.with_iam_endpoint(base)).with_region(Region("eu-de", base)).build()


# Signed calls. Without an id of project or domain the SDK looks it up, signed as well.
ITEMS = "/v1/{project_id}/checkpoint_items"
step("signed, project looked up", lambda: regional(basic()).get(ITEMS, name="web 01+~*&=/?", sort="created_at:desc"))
step("signed, sub-project", lambda: regional(basic().with_project_id("a" * 31 + "2")).get(ITEMS))
step("signed, somebody else's project", lambda: regional(basic().with_project_id("b" * 31 + "1")).get(ITEMS))

step("no such region", lambda: "Failed to get project id of region 'eu-nl'" in complaint(lambda: regional(basic(), "eu-nl").get(ITEMS)))
step("wrong secret", lambda: regional(basic(secret="another one").with_project_id("a" * 31 + "1")).get(ITEMS))
step("inactive key", lambda: regional(basic("DEMOACCESSKEY0000003", "demo-secret-key-that-is-off").with_project_id("a" * 31 + "1")).get(ITEMS))

client = iam_client(GlobalCredentials(ACCESS, SECRET))
step("global, domain looked up", lambda: [one.name for one in client.keystone_list_auth_domains(iam.KeystoneListAuthDomainsRequest()).domains])
step("domain id", lambda: client.get_credentials().domain_id)
step("projects", lambda: sorted(one.name for one in client.keystone_list_projects(iam.KeystoneListProjectsRequest()).projects))

# Temporary keys: of an agency, and of the user behind a token.


def by_agency(agency="for-acme", seconds=900):
    role = iam.IdentityAssumerole(agency_name=agency, domain_name="partner", duration_seconds=seconds)
    identity = iam.AgencyAuthIdentity(methods=["assume_role"], assume_role=role)
    body = iam.CreateTemporaryAccessKeyByAgencyRequestBody(auth=iam.AgencyAuth(identity=identity))
    request = iam.CreateTemporaryAccessKeyByAgencyRequest(body=body)
    return client.create_temporary_access_key_by_agency(request).credential


def with_key(credential):
    return basic(credential.access, credential.secret).with_security_token(credential.securitytoken)


step("temporary key of an agency", lambda: regional(with_key(by_agency())).get(ITEMS))
step("a project that the agency does not open", lambda: regional(with_key(by_agency()).with_project_id("b" * 31 + "2")).get(ITEMS))
step("an agency that trusts nobody", lambda: by_agency("for-nobody").access)
step("an agency that is not there", lambda: by_agency("for-somebody").access)
step("a key for a minute", lambda: by_agency(seconds=60).access)


def without_its_token():
    credential = by_agency()
    return regional(basic(credential.access, credential.secret).with_project_id("b" * 31 + "1")).get(ITEMS)


step("temporary key without its token", without_its_token)


# OpenStack: a token by password, the catalog, and a new token when the old one is refused.
def connect(auth_type="password", **auth):
    connection = openstack.connection.Connection(auth_type=auth_type, auth={"auth_url": f"{base}/v3", **auth}, region_name="eu-de")
    otc.load(connection)
    return connection


ALICE = {"username": "alice", "password": "demo-password", "user_domain_name": "acme"}


def token_and_items(connection):
    before = connection.session.get_token()
    answer = connection.csbs.get("/checkpoint_items", params={"name": "nightly", "limit": 2})
    return [answer.status_code, answer.json()["checkpoint_items"], connection.session.get_token() == before]


connection = connect(**ALICE, project_name="eu-de_demo", project_domain_name="acme")
step("project of the token", lambda: connection.session.get_project_id())
step("catalog", lambda: connection.endpoint_for("data-protect").removeprefix(base))
step("token by password", lambda: token_and_items(connection))
admin("state", {"huawei": {"revoke": {"user": "alice"}}})
step("token renewed", lambda: token_and_items(connection))
admin("clock", {"advance": "25h"})
step("token renewed after a day", lambda: token_and_items(connection))
step(
    "rescoped",
    lambda: connect(
        "v3token", token=connection.session.get_token(), project_name="eu-de", project_domain_name="acme"
    ).session.get_project_id(),
)
step(
    "agency",
    lambda: token_and_items(
        connect("agency", **ALICE, target_agency_name="for-acme", target_domain_name="partner", target_project_name="eu-de")
    ),
)
step("wrong password", lambda: complaint(lambda: connect(**{**ALICE, "password": "a guess"})))

# Backups, in both ways: which there are, and whether one can be put back.
SERVER, DATA = "5aa119a8-d25b-45a7-8d1b-88e127885635", "9c1b1c1f-5a0f-4f4e-9a53-5a7d1a6f0c02"
ACTION = "/providers/fc4d5750-22e7-4798-8a46-f48f62c4c1da/resources/action"
admin("clock", {"set": datetime.now(timezone.utc).isoformat()})  # the SDK signs with the true time
with open(sys.argv[2], "rb") as seed:
    urllib.request.urlopen(urllib.request.Request(f"{base}/_sim/seed", data=seed.read(), method="POST")).read()
demo = connect(**ALICE, project_name="eu-de_demo", project_domain_name="acme")


def signed():
    return regional(basic().with_project_id("a" * 31 + "2"))


def back_home(item):
    volumes = [{"backup_id": disk["id"], "volume_id": disk["source_volume_id"]} for disk in item["extend_info"]["volume_backups"]]
    target = {"resource_id": item["resource_id"], "resource_type": item["resource_type"], "volumes": volumes}
    return {"check_restorable": [{"checkpoint_item_id": item["id"], "target": target}]}


def newest():
    return demo.csbs.get("/checkpoint_items", params={"resource_id": SERVER, "limit": 1}).json()["checkpoint_items"][0]


def by_token():
    return demo.csbs.post(ACTION, json=back_home(newest())).json()["restorable"]


def by_signature():
    item = signed().get(ITEMS, resource_id=SERVER, status="available", sort="created_at:desc", limit=1)[0]
    return signed().ask("POST", "/v1/{project_id}" + ACTION, body=back_home(item))["restorable"]


YES = [{"resource_id": SERVER, "resource_type": "OS::Nova::Server", "result": True, "error_code": "", "error_msg": ""}]
step("restorable by token", lambda: by_token() == YES)
step("restorable by signature", lambda: by_signature() == YES)
step("one backup", lambda: demo.csbs.get(f"/checkpoint_items/{newest()['id']}").json()["checkpoint_item"] == newest())
admin("state", {"huawei": {"detach": {"server": SERVER, "volume": DATA}}})
step("not restorable by token", lambda: by_token()[0]["error_code"])
step("not restorable by signature", lambda: by_signature()[0]["error_code"])
admin("state", {"settings": {"csbs": {"refusals": "error"}}})
step("refused by signature", by_signature)
step("refused by token", lambda: (lambda answer: [answer.status_code, answer.json()["error_code"]])(demo.csbs.post(ACTION, json=back_home(newest()))))
admin("state", {"settings": {"csbs": {"retired": True}}})
step("retired", by_signature)

admin("state", {"settings": {"limits": {"ListCheckpointItems": 0}}})
step("throttled", lambda: connection.csbs.get("/checkpoint_items").status_code)

print(json.dumps(results))
