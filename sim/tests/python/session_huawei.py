"""One session with the SDKs that people use at Huawei Cloud. Prints what came of each step as JSON; the test that runs it knows what should."""

import json
import sys
import urllib.request

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
        answer = self.do_http_request(
            method="GET", resource_path=path, query_params=list(query.items()), header_params={}, response_type="Items"
        )
        return answer.to_json_object()["checkpoint_items"]


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

admin("state", {"settings": {"limits": {"ListCheckpointItems": 0}}})
step("throttled", lambda: connection.csbs.get("/checkpoint_items").status_code)

print(json.dumps(results))
