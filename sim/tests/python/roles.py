"""Roles as the vendor's own libraries assume them: the SDK of STS (signature V3), and the credentials library (V1, and tokens without a signature).
Prints what came of each step as JSON; the test that runs it knows what should. Arguments: the simulator's URL, a file with a token."""

import json
import sys

from alibabacloud_credentials.client import Client as Credential
from alibabacloud_credentials.models import Config as CredentialConfig
from alibabacloud_sts20150401 import models as sts
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.models import Config

base, token_file = sys.argv[1], sys.argv[2]
ACCOUNT = "acs:ram::1234567890123456"
ANN = {"access_key_id": "annAccessKeyId", "access_key_secret": "annAccessKeySecret"}
OPS = {"role_arn": f"{ACCOUNT}:role/ops", "role_session_name": "ann", "external_id": "demo-external-id"}
PODS = {"role_arn": f"{ACCOUNT}:role/pods", "role_session_name": "pod"}
CLUSTER = f"{ACCOUNT}:oidc-provider/cluster"
results = {}


def client(**how):
    return Sts(Config(endpoint=base.removeprefix("http://"), protocol="http", region_id="cn-hangzhou", **how))


def who(**how):
    body = client(**how).get_caller_identity().body
    return [body.identity_type, body.account_id, body.arn]


def step(name, call):
    try:
        results[name] = call()
    except Exception as error:  # the SDK's exceptions carry a code, the library's only a text
        results[name] = getattr(error, "code", None) or repr(error)


def keys_of(body):
    credentials = body.credentials
    return {
        "access_key_id": credentials.access_key_id,
        "access_key_secret": credentials.access_key_secret,
        "security_token": credentials.security_token,
    }


def library(**how):
    # An endpoint with a scheme is taken as it stands; without one the library speaks https.
    return Credential(CredentialConfig(sts_endpoint=base, **how))


def token():
    with open(token_file) as file:
        return file.read()


def by_sdk():
    body = client(**ANN).assume_role(sts.AssumeRoleRequest(duration_seconds=900, **OPS)).body
    return [body.assumed_role_user.arn, who(**keys_of(body))]


def by_sdk_v1():
    body = client(signature_algorithm="v2", **ANN).assume_role(sts.AssumeRoleRequest(duration_seconds=900, **OPS)).body
    return who(signature_algorithm="v2", **keys_of(body))


def by_sdk_token():
    # A client wants credentials of some kind even for this call, which does not use them.
    request = sts.AssumeRoleWithOIDCRequest(oidctoken=token(), oidcprovider_arn=CLUSTER, **PODS)
    body = client(**ANN).assume_role_with_oidc(request).body
    return [body.oidctoken_info.subject, body.oidctoken_info.client_ids, who(**keys_of(body))]


def by_library_token():
    return who(credential=library(type="oidc_role_arn", oidc_token_file_path=token_file, oidc_provider_arn=CLUSTER, **PODS))


def refused():
    wrong = {**OPS, "external_id": "somebody-else"}
    return client(**ANN).assume_role(sts.AssumeRoleRequest(**wrong)).body.to_map()


step("sdk", by_sdk)
step("sdk, signature v1", by_sdk_v1)
step("sdk, token", by_sdk_token)
step("sdk, refused", refused)
step("library, ram_role_arn", lambda: who(credential=library(type="ram_role_arn", **ANN, **OPS)))
step("library, oidc_role_arn", by_library_token)

print(json.dumps(results))
