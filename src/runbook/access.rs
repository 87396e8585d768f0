//! Reasons of credentials, of the way to the cloud, of its limits, and of steward itself.

use super::commands::{ASK_AGAIN, CREDENTIALS, LAST_ERROR, LOG, MESSAGE};
use super::{EVERY, Paragraph, USERS, by_hand, typed};

pub(super) const CREDENTIAL_MISSING: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "The CloudCredential, its Secret or a key in that, or its ServiceAccount is not there; or steward may not ask for the ServiceAccount's tokens.",
    look: &[CREDENTIALS, MESSAGE],
    act: &[
        by_hand(
            "Create what the message names, in the object's own namespace. An object without `spec.credentialRef` uses the CloudCredential `default`.",
        ),
        typed(
            "If it is the right to ask for tokens, the hint is the Role; apply it as an administrator of the namespace:",
            "kubectl get cloudcredential $NAME -n $NS -o jsonpath='{.status.lastError.hint}' | kubectl apply -f -",
        ),
    ],
    again: "By itself, within 15 s (`--reference-poll`) of the Secret, and at once for a CloudCredential.",
};

pub(super) const CREDENTIAL_REJECTED: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "The cloud refused key, signature, token or password. All objects of the credential wait, and make no calls: clouds lock keys that are tried too often.",
    look: &[CREDENTIALS, r#"kubectl get cloudcredential $NAME -n $NS -o jsonpath='{.status.lastError}{"\n"}'"#],
    act: &[
        by_hand(
            "See in the cloud's console whether the key exists, is active and belongs to the account that is meant; make a new one if not.",
        ),
        typed(
            "Put it into the Secret (Alibaba Cloud; for the others see [the keys](cloud-credential.md#ways-to-prove-an-identity)):",
            "kubectl create secret generic aliyun -n $NS --from-literal=accessKeyId='<id>' --from-literal=accessKeySecret='<secret>' --dry-run=client -o yaml | kubectl apply -f -",
        ),
        by_hand("A password at Huawei Cloud: unlock the user first, five wrong ones lock it."),
    ],
    again: "At once when the Secret or the CloudCredential changes; the same key is tried every 10 minutes.",
};

pub(super) const ACCESS_DENIED: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "The identity is known and may not do this.",
    look: &[LAST_ERROR, CREDENTIALS],
    act: &[
        by_hand(
            "`lastError.operation` is the call that was refused, and so the action that is missing; `status.accountId` is the account. [Permissions](permissions.md) has the policies to paste.",
        ),
        by_hand(
            "If the policy has the action, look for a condition in it (region, source address, `ecs:CommandRunAs`), a control policy of the organisation, or a role that trusts somebody else.",
        ),
        typed("Then have it tried at once:", ASK_AGAIN),
    ],
    again: "Asked again every 10 minutes, once for all objects of the credential.",
};

pub(super) const ACCOUNT_MISMATCH: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "The credential is of another account than `spec.expectedAccountId` of the CloudCredential, or than the one in which this object was at work so far. Nothing is done.",
    look: &[CREDENTIALS, r#"kubectl get $KIND $NAME -n $NS -o jsonpath='{.status.accountId}{"\n"}'"#],
    act: &[
        by_hand("Most often the wrong key is in the Secret: put the right one there."),
        by_hand(
            "If the object shall move to the other account, delete it (with `deletionPolicy: Retain` the old account is left as it is) and create it anew.",
        ),
    ],
    again: "As soon as the credential is of the right account.",
};

pub(super) const ENDPOINT_NOT_ALLOWED: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "`spec.endpoints` of the CloudCredential names an address to which whoever runs steward has not allowed keys to be sent, or one that leads to an inside address.",
    look: &[CREDENTIALS, r#"kubectl get cloudcredential $NAME -n $NS -o jsonpath='{.spec.endpoints}{"\n"}'"#],
    act: &[
        by_hand("Correct the address, or take `endpoints` out: the clouds' own addresses need none."),
        by_hand(
            "If it is meant, allow it: `allowedEndpoints` in the chart's values, `--allow-endpoint` on the command line. See [where keys are sent](security.md#where-keys-go).",
        ),
    ],
    again: "When the CloudCredential changes, or steward is started with another list.",
};

pub(super) const QUOTA_EXCEEDED: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "A limit of the account is reached.",
    look: &[LAST_ERROR],
    act: &[
        by_hand("Raise the limit in the cloud's quota centre, or make room; `lastError.hint` names what is counted."),
        typed("Then have it tried at once:", ASK_AGAIN),
    ],
    again: "Tried again every hour; a quota that counts by the day after its midnight, 00:00 in UTC+8.",
};

pub(super) const RATE_LIMITED: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False, or as it was",
    meaning: "The cloud refused a call because the account makes too many. Steward has closed the operation until the next window.",
    look: &[LAST_ERROR, LOG],
    act: &[
        by_hand(
            "Nothing, if it is rare. `refused within our share` in the log says that somebody else uses the account's limit, or that the limit is lower than steward thinks.",
        ),
        by_hand(
            "Set the real limit with `limits`, or take less with `limitShare`. See [the budget](operating.md#how-much-of-a-clouds-budget-it-takes).",
        ),
    ],
    again: "By itself in the next window: a minute, or a second at Huawei Cloud.",
};

pub(super) const CLOUD_UNAVAILABLE: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "Unknown, after three sync intervals (at least 5 minutes); until then as it was",
    meaning: "The cloud, or the way to it, does not answer. What was last known may not be so any more.",
    look: &[LAST_ERROR, LOG],
    act: &[
        by_hand(
            "`lastError.message` says how far it got: a name that does not resolve, a refused connection, a certificate that is not trusted, a status of a proxy.",
        ),
        by_hand(
            "Look at DNS, NetworkPolicy, proxy (`proxy` in the chart's values) and, behind a proxy that opens TLS, its root (`caBundle`). Then at the cloud's own status page.",
        ),
    ],
    again: "By itself: after a second at first, after at most 5 minutes later on.",
};

pub(super) const BUSY: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "The resource is in the middle of something else: a server that starts, a group that is being changed, a backup that is being made.",
    look: &[MESSAGE, LAST_ERROR],
    act: &[by_hand("Nothing for half an hour. After that `Stalled` is set: see in the console what does not come to an end.")],
    again: "By itself: every 10 to 60 seconds for half an hour, then hourly. A RestoreCheck asks every 10 minutes.",
};

pub(super) const UNSUPPORTED_STATUS: Paragraph = Paragraph {
    kinds: USERS,
    ready: "False",
    meaning: "A newer release of steward wrote something into status that this one does not know. It does nothing with the object, so that it breaks nothing.",
    look: &[MESSAGE, "kubectl get pods -n cloud-steward-system -o custom-columns='NAME:.metadata.name,IMAGE:.spec.containers[0].image'"],
    act: &[by_hand("Go back to the newer release: this happens after a downgrade, or while two releases run side by side.")],
    again: "As soon as a release that knows it looks.",
};

pub(super) const INTERNAL_ERROR: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "Steward has made a request that no cloud could take, or met something in itself that should not be.",
    look: &[MESSAGE, LAST_ERROR, LOG],
    act: &[by_hand(
        "Please report it, with the object's spec, `lastError` and the log. Nothing of it has reached the cloud that you did not see in `status.history`.",
    )],
    again: "Tried again every hour, and when spec changes.",
};

pub(super) const UNKNOWN_ERROR: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "The cloud refused with a code that the catalogue does not have, or one that says nothing; or a newer release wrote a reason that this one does not know.",
    look: &[LAST_ERROR, LOG],
    act: &[
        by_hand("Look the code up at the vendor, with `lastError.operation`; the vendor's support wants `lastError.requestId`."),
        by_hand("Please report the code, so that it gets an entry. What the cloud said is in the log at `--log-level debug`, redacted."),
    ],
    again: "Tried five times with growing waits, then every hour.",
};
