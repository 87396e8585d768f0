//! Reasons of objects that mirror a state of the cloud, of spec itself, and of letting go.

use super::commands::{ABANDON, ASK_AGAIN, DRIFT, EVENTS, EXPLAIN, HISTORY, LAST_ERROR, MESSAGE, PROBLEMS};
use super::{CREDENTIAL, DOERS, EVERY, MEMBERSHIP, Paragraph, SCALING, STATES, USERS, by_hand, typed};

pub(super) const IN_SYNC: Paragraph = Paragraph {
    kinds: &[CREDENTIAL, SCALING, MEMBERSHIP],
    ready: "True",
    meaning: "The cloud is as spec says. Of a CloudCredential: the cloud has said whose identity it is.",
    look: &[HISTORY],
    act: &[],
    again: "Nothing to heal. Compared again every `spec.syncInterval`; what changes meanwhile is seen then.",
};

pub(super) const APPLYING: Paragraph = Paragraph {
    kinds: DOERS,
    ready: "False",
    meaning: "A change is on its way to the cloud, or waits for its turn within the account's budget of calls.",
    look: &[MESSAGE, EVENTS],
    act: &[by_hand(
        "If it lasts for minutes, look at `steward_permits_waiting` and `steward_throttle_wait_seconds_total`: other users of the account may have used up the limit. See [the budget](operating.md#how-much-of-a-clouds-budget-it-takes).",
    )],
    again: "Passes by itself, as soon as the call is answered.",
};

pub(super) const AWAITING_CONSISTENCY: Paragraph = Paragraph {
    kinds: DOERS,
    ready: "False",
    meaning: "A call was made, or may have been made, and the cloud does not show its effect yet.",
    look: &[MESSAGE, HISTORY],
    act: &[by_hand(
        "Nothing: clouds show their own changes late. What is never seen gets another reason, `NotConverged` or `OutcomeUnknown`.",
    )],
    again: "Read back after 1, 2, 4, 8, 16 and 30 seconds; a run whose answer was lost is looked for during a minute.",
};

pub(super) const SUSPENDED: Paragraph = Paragraph {
    kinds: USERS,
    ready: "as it was, beside the condition `Suspended`; `Unknown` if nobody had looked yet",
    meaning: "`spec.suspend` is true: steward neither looks nor acts. A deletion is carried out all the same.",
    look: &["kubectl get $KIND $NAME -n $NS --show-managed-fields -o jsonpath='{.metadata.managedFields[*].manager}'"],
    act: &[typed("Go on:", r#"kubectl patch $KIND $NAME -n $NS --type=merge -p '{"spec": {"suspend": false}}'"#)],
    again: "Not until `spec.suspend` is false. If the object comes from Git, change it there.",
};

pub(super) const DRIFT_DETECTED: Paragraph = Paragraph {
    kinds: STATES,
    ready: "False",
    meaning: "Spec and cloud differ, and steward may not change the cloud: the object has `managementPolicy: Observe`, or the operator runs with `--observe-only`.",
    look: &[DRIFT],
    act: &[
        by_hand("If the cloud is right, change spec. If spec is right, change the cloud by hand, or let steward do it."),
        typed(
            "Let steward set it right:",
            r#"kubectl patch $KIND $NAME -n $NS --type=merge -p '{"spec": {"managementPolicy": "Manage"}}'"#,
        ),
    ],
    again: "Compared every `spec.syncInterval`; ready again once both agree.",
};

pub(super) const DRIFT_CORRECTED: Paragraph = Paragraph {
    kinds: STATES,
    ready: "an event only",
    meaning: "Somebody changed in the cloud what spec names, and steward has set it right.",
    look: &[EVENTS, HISTORY],
    act: &[by_hand(
        "Once is no trouble. If it repeats, find out who it is: the cloud's audit log (ActionTrail) has the caller; steward's own calls carry its credential.",
    )],
    again: "Done already.",
};

pub(super) const NOT_CONVERGED: Paragraph = Paragraph {
    kinds: &[SCALING],
    ready: "False",
    meaning: "The cloud accepted the same change twice and does not show it. Other fields go on being kept.",
    look: &[DRIFT, HISTORY],
    act: &[
        by_hand("Compare the value with what the console shows: the cloud may write it in another form. Put that form into spec."),
        by_hand("Look for another tool that sets the field: Terraform, a console user, the group's own automation."),
        typed("Then have it tried at once:", ASK_AGAIN),
    ],
    again: "Tried again every hour, and when spec changes.",
};

pub(super) const MANAGEMENT_CONFLICT: Paragraph = Paragraph {
    kinds: &[SCALING],
    ready: "False",
    meaning: "Steward has set the same field right five times within an hour: another tool writes it too. Steward has stopped writing, so that the two do not fight.",
    look: &[MESSAGE, DRIFT, HISTORY],
    act: &[
        by_hand("Decide who owns the field. Take it out of the other tool, or out of spec."),
        typed("When only one is left:", ASK_AGAIN),
    ],
    again: "Not by itself: only when spec changes, or when somebody asks with that annotation.",
};

pub(super) const CANNOT_CLEAR: Paragraph = Paragraph {
    kinds: &[SCALING],
    ready: "False",
    meaning: "A field that steward had set left spec, and the cloud's call has no way to take its value away.",
    look: &[MESSAGE, DRIFT],
    act: &[
        by_hand("Put the field back into spec, with the value that you want; a text may be set to `\"\"`."),
        by_hand("Or clear it in the console."),
        typed(
            "Or allow the vendor's switch that replaces the whole configuration (read [what it does](eci-scaling-config.md#when-it-is-not-ready) first):",
            r#"kubectl patch $KIND $NAME -n $NS --type=merge -p '{"spec": {"allowOverride": true}}'"#,
        ),
    ],
    again: "Looked at every `spec.syncInterval` and when spec changes.",
};

pub(super) const CANNOT_MERGE: Paragraph = Paragraph {
    kinds: &[SCALING],
    ready: "False",
    meaning: "A list has to be sent as a whole, and steward would lose something in it: a field that this release does not know, or a password that the cloud does not show.",
    look: &[MESSAGE],
    act: &[
        by_hand("A password: name that entry in spec too, with `passwordSecretRef` or `dockerConfigSecretRef`."),
        by_hand("An unknown field: upgrade steward, or take the field out of the configuration in the console."),
    ],
    again: "Nothing of that list is sent until then. Looked at every `spec.syncInterval` and when spec changes.",
};

pub(super) const NOT_FOUND: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "What spec names does not exist in this region of this account.",
    look: &[MESSAGE, LAST_ERROR, r#"kubectl get $KIND $NAME -n $NS -o jsonpath='{.status.accountId} {.status.region}{"\n"}'"#],
    act: &[
        by_hand("Compare id, region and account with the console: most often the region or the credential is another than was meant."),
        by_hand(
            "Correct spec, or make what is missing. Region and the ids of a scaling configuration cannot be edited: create the object anew.",
        ),
    ],
    again: "Looked at every 10 minutes, and when the object or its credential changes.",
};

pub(super) const ALREADY_OWNED: Paragraph = Paragraph {
    kinds: &[SCALING],
    ready: "False",
    meaning: "An older object stands for the same scaling configuration; this one does nothing.",
    look: &[MESSAGE, "kubectl get esc -A -o wide"],
    act: &[by_hand(
        "Keep one of the two. To move the configuration to the newer object, delete the older one with `deletionPolicy: Retain`: the cloud is not touched.",
    )],
    again: "By itself, once the older object is gone.",
};

pub(super) const INVALID_SPEC: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "Spec cannot be carried out as it is. Either steward saw it before a call, or the cloud refused the request.",
    look: &[MESSAGE, LAST_ERROR],
    act: &[
        by_hand("The message names the field, or the code. Correct the field."),
        typed("What the code means, if there is one:", EXPLAIN),
    ],
    again: "When spec changes, or what it points at; tried again every hour in case it was not spec.",
};

pub(super) const DEPENDENCY_NOT_READY: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "Something that spec points at is not there or not ready: a Secret, a ConfigMap, a key in one; a server that does not run; a cloud resource in a state that forbids the call.",
    look: &[MESSAGE, LAST_ERROR],
    act: &[
        by_hand("A Secret or ConfigMap: create it in the object's namespace, under the name and key of the message."),
        by_hand("A server: start it, or its Cloud Assistant agent. A lock: lift it in the console."),
    ],
    again: "By itself. Secrets and ConfigMaps are read every 15 s (`--reference-poll`), servers that cannot run a command every minute, other states hourly.",
};

pub(super) const DELETE_BLOCKED: Paragraph = Paragraph {
    kinds: DOERS,
    ready: "False",
    meaning: "The object is being deleted and steward cannot undo what it did. The reason that stands in the way is in the message, in brackets.",
    look: &[MESSAGE, LAST_ERROR],
    act: &[
        by_hand("Remove what stands in the way: it has a paragraph of its own on this page."),
        typed("Or let go of the object without touching the cloud; what it stands for stays there:", ABANDON),
    ],
    again: "Tried again as often as the reason in brackets is. If the whole namespace goes and the credential is gone, the object is let go after 10 minutes (`--orphan-grace`).",
};

pub(super) const ABANDONED: Paragraph = Paragraph {
    kinds: EVERY,
    ready: "False",
    meaning: "The annotation `cloudsteward.dev/abandon` is set: steward leaves the object, and what it stands for, alone. On an object that is being deleted this is an event, and the object is gone.",
    look: &[EVENTS],
    act: &[typed("To go on with the object:", "kubectl annotate $KIND $NAME -n $NS cloudsteward.dev/abandon-")],
    again: "Not until the annotation is gone. An event that names a run asks you to look in the cloud whether it ran.",
};

pub(super) const REMOVAL_LIMIT: Paragraph = Paragraph {
    kinds: &[MEMBERSHIP],
    ready: "False",
    meaning: "More members stopped matching the selector than `spec.maxRemovals` lets leave at once. Nobody leaves.",
    look: &[MESSAGE, DRIFT],
    act: &[
        by_hand("If the tags are wrong, mend them in the cloud."),
        typed("If so many should leave:", r#"kubectl patch $KIND $NAME -n $NS --type=merge -p '{"spec": {"maxRemovals": "100%"}}'"#),
    ],
    again: "Looked at every `spec.syncInterval`; goes on by itself once few enough are left.",
};

pub(super) const LAST_GROUP_KEPT: Paragraph = Paragraph {
    kinds: &[MEMBERSHIP],
    ready: "an event only",
    meaning: "A member should have left, and it is in no other group: an instance without a group is not possible, so it stays, and steward lets go of it.",
    look: &[EVENTS, PROBLEMS],
    act: &[by_hand("Put the instance into another group in the console, and take it out of this one there.")],
    again: "Not tried again: steward no longer regards the member as its own.",
};
