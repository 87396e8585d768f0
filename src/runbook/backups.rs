//! Reasons of restore checks.

use super::commands::{ASK_AGAIN, CHECKS, LAST_ERROR, MESSAGE};
use super::{CHECK, Paragraph, by_hand, typed};

const THIS: &[&str] = &[CHECK];

pub(super) const CHECKING: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "There is no answer yet that counts.",
    look: &[CHECKS],
    act: &[by_hand(
        "Nothing. If it lasts, `lastError` has what keeps the service from answering, and `failureThreshold` how many answers it takes.",
    )],
    again: "By itself, with the next answer.",
};

pub(super) const RESTORABLE: Paragraph = Paragraph {
    kinds: THIS,
    ready: "True",
    meaning: "Every backup in question can be put back where it should go. The check does not restore anything: it is no drill.",
    look: &[CHECKS],
    act: &[],
    again: "Asked again by `schedule` or `interval`; `status.nextCheck` says when.",
};

pub(super) const NOT_RESTORABLE: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "The service says that at least one backup cannot be put back onto its target.",
    look: &[MESSAGE, CHECKS],
    act: &[
        typed(
            "The codes of the checks, explained:",
            "steward explain $(kubectl get rchk $NAME -n $NS -o jsonpath='{.status.checks[*].code}')",
        ),
        by_hand(
            "`status.checks[].findings` has what steward saw by itself: a disk that is missing, too small, or a system disk. Mend the target or the mapping.",
        ),
        typed("Then have it asked at once:", ASK_AGAIN),
    ],
    again: "By itself with the next check, once the answer is yes.",
};

pub(super) const NO_BACKUP: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "The server has no backup that is available.",
    look: &[MESSAGE, CHECKS],
    act: &[
        by_hand(
            "See in the console of the backup service whether the server is in a policy, whether that policy is on, and why its last backup failed.",
        ),
        by_hand("Compare `backup.latest.resourceId` and the project with the server's."),
    ],
    again: "By itself with the next check, once there is one.",
};

pub(super) const BACKUP_TOO_OLD: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "The newest backup is older than `backup.latest.maxAge`.",
    look: &[MESSAGE, CHECKS],
    act: &[by_hand(
        "Backups have stopped, or take longer than you reckoned with: see the policy's tasks in the console. Or raise `maxAge`.",
    )],
    again: "By itself with the next check, once there is a newer one.",
};

pub(super) const STALE: Paragraph = Paragraph {
    kinds: THIS,
    ready: "Unknown",
    meaning: "The last answer is older than `staleAfter`: nobody knows whether it still holds.",
    look: &[LAST_ERROR, CHECKS],
    act: &[
        by_hand(
            "`lastError` says why no new answer came. If there is none, look whether steward runs, and whether the object is suspended.",
        ),
        typed("Ask now:", ASK_AGAIN),
    ],
    again: "By itself, with the next answer.",
};

pub(super) const SERVICE_RETIRED: Paragraph = Paragraph {
    kinds: THIS,
    ready: "False",
    meaning: "The backup service is closed to this project or region: the vendors are giving CSBS up.",
    look: &[LAST_ERROR],
    act: &[by_hand(
        "Move the backups to the successor, CBR, and delete the RestoreCheck: CBR has no such question. If the service has another address, name it in `endpoints` of the CloudCredential.",
    )],
    again: "Asked once a day whether it is back.",
};
