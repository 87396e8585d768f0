//! Reasons of commands: what ran, what did not, and what only a person can know.

use super::commands::{ASK_AGAIN, JOURNAL, MESSAGE, NOT_RAN, RAN, RESULTS};
use super::{COMMAND, MEMBERSHIP, Paragraph, SCALING, by_hand, typed};

const THIS: &[&str] = &[COMMAND];
const RUN_AGAIN: &str = r#"kubectl patch ccmd $NAME -n $NS --type=merge -p '{"spec": {"trigger": "<a text that was not used before>"}}'"#;
const SKIPPED: &str = r#"kubectl get ccmd $NAME -n $NS -o jsonpath='{.status.intent.skipped}{"\n"}'"#;
const PAST_RUNS: &str = r#"kubectl get ccmd $NAME -n $NS -o jsonpath='{.status.runs}{"\n"}'"#;

pub(super) const OBSERVE_ONLY: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "The operator runs with `--observe-only`: it runs no command.",
    look: &[MESSAGE],
    act: &[by_hand(
        "Start steward without `observeOnly` when the pilot is over. The command then runs, if its window still allows it: look at `spec.window` first.",
    )],
    again: "When steward is started without the flag.",
};

pub(super) const OUTCOME_UNKNOWN: Paragraph = Paragraph {
    kinds: &[COMMAND, SCALING],
    ready: "False; `Unknown` where it ran and its end is not known",
    meaning: "A call that must not be made twice was sent, its answer is lost, and the cloud cannot tell any more whether it was carried out. Steward sends nothing until a person has looked.",
    look: &[MESSAGE, JOURNAL],
    act: &[
        by_hand(
            "CloudCommand: look at the command results of that time in the ECS console; the run is tagged `steward-run`. EciScalingConfig: look into the scaling group for the name.",
        ),
        typed("It did not happen, and may be done now (the message has the name of the run):", NOT_RAN),
        typed("It did happen:", RAN),
    ],
    again: "Not by itself. One answer is good for one run.",
};

pub(super) const RUNNING: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "The command is with the cloud and has not ended on all targets.",
    look: &[RESULTS, "kubectl get ccmd $NAME -n $NS"],
    act: &[typed(
        "To stop what has not begun (what runs on a server runs to its end):",
        r#"kubectl patch ccmd $NAME -n $NS --type=merge -p '{"spec": {"cancel": true}}'"#,
    )],
    again: "By itself; looked at every few seconds at first, then more and more seldom.",
};

pub(super) const SUCCEEDED: Paragraph = Paragraph {
    kinds: THIS,
    ready: "True",
    meaning: "The command ended with exit code 0 on all targets, except those that were left out.",
    look: &[RESULTS, SKIPPED],
    act: &[],
    again: "Nothing to heal, and it does not run again unless `spec.trigger` changes.",
};

pub(super) const COMMAND_FAILED: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "The command failed on at least one target, now or when it ran before.",
    look: &[RESULTS, "steward results $NAME -n $NS"],
    act: &[
        by_hand(
            "Exit code, code and the end of the output are in the results, failed targets first; `steward results` reads all of it from the cloud.",
        ),
        typed(
            "Mend the script or the server, then run it again, on all targets, with a new trigger (change it in Git, if the object comes from there):",
            RUN_AGAIN,
        ),
    ],
    again: "Never by itself: a command runs once.",
};

pub(super) const MAX_FAILURES_REACHED: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "More targets failed than `spec.rollout.maxFailures` allows. No further batch begins.",
    look: &[RESULTS],
    act: &[
        typed(
            "To go on with the targets that are left:",
            r#"kubectl patch ccmd $NAME -n $NS --type=merge -p '{"spec": {"rollout": {"maxFailures": "100%"}}}'"#,
        ),
        typed("To begin anew with another script:", RUN_AGAIN),
    ],
    again: "Not by itself.",
};

pub(super) const CANCELLED: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "`spec.cancel` is true, or somebody stopped the command in the cloud. What had begun on a server has run to its end.",
    look: &[MESSAGE, RESULTS],
    act: &[typed(
        "To run it all the same, take `cancel` away and use a new trigger:",
        r#"kubectl patch ccmd $NAME -n $NS --type=merge -p '{"spec": {"cancel": false, "trigger": "<a text that was not used before>"}}'"#,
    )],
    again: "Not by itself.",
};

pub(super) const WINDOW_MISSED: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "`spec.window.notAfter` passed before everything was sent. What was not sent never is.",
    look: &[MESSAGE, "kubectl get ccmd $NAME -n $NS -o jsonpath='{.spec.window}'", RESULTS],
    act: &[typed(
        "If what is left shall still run, let the window end later; that needs no new trigger:",
        r#"kubectl patch ccmd $NAME -n $NS --type=merge -p '{"spec": {"window": {"notAfter": "2030-01-31T06:00:00Z"}}}'"#,
    )],
    again: "Not by itself.",
};

pub(super) const ALREADY_RAN: Paragraph = Paragraph {
    kinds: THIS,
    ready: "True; `Unknown` if so long ago that the outcome is not on record",
    meaning: "This very command, with this trigger, ran before: spec went back to an earlier one, or the object was made anew. It was recognised and does not run again.",
    look: &[PAST_RUNS],
    act: &[typed("If it shall run again:", RUN_AGAIN)],
    again: "Nothing to heal.",
};

pub(super) const INPUTS_CHANGED: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "The script or a value from a ConfigMap or Secret is not what it was when the command was first seen. What had not been sent is not sent.",
    look: &[MESSAGE, RESULTS],
    act: &[
        by_hand("Put the old content back, and it goes on with what is left."),
        typed("Or run everything with what is there now:", RUN_AGAIN),
    ],
    again: "By itself, if the old content comes back.",
};

pub(super) const SCHEDULED: Paragraph = Paragraph {
    kinds: THIS,
    ready: "True once the schedule is with the cloud; False while `spec.window.notBefore` is ahead",
    meaning: "The command waits for its time: the cloud runs it by its schedule, or the window has not opened.",
    look: &["kubectl get ccmd $NAME -n $NS", r#"kubectl get ccmd $NAME -n $NS -o jsonpath='{.status.schedule}{"\n"}'"#],
    act: &[],
    again: "Nothing to heal.",
};

pub(super) const LAST_RUN_FAILED: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "The last run of a schedule failed on at least one target. The schedule goes on.",
    look: &[RESULTS],
    act: &[by_hand(
        "Mend the script on the server, or what it needs. Another script in spec needs another trigger, and replaces the schedule.",
    )],
    again: "By itself, with the next run that succeeds everywhere.",
};

pub(super) const NO_TARGETS: Paragraph = Paragraph {
    kinds: &[COMMAND, MEMBERSHIP],
    ready: "CloudCommand: False. SecurityGroupMembership: True",
    meaning: "The selector matches no instance, or none of those that it matches could run the command.",
    look: &[MESSAGE, SKIPPED],
    act: &[
        by_hand(
            "Compare tags, VPC, zone and resource group of the selector with the instances, in the region of the object. `status.intent.skipped` says who was left out, and why.",
        ),
        typed("A command looks again with a new trigger:", RUN_AGAIN),
        typed("A membership looks at every sync, or at once:", ASK_AGAIN),
    ],
    again: "A membership by itself, at the next sync. A command not: its targets are fixed when it begins.",
};
