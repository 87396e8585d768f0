//! Codes of the Cloud Server Backup Service. Most of them answer the question whether a backup can be restored: to `CheckRestorable` they are a
//! verdict and no failure, and `class` says what is in the way. The others are failures wherever they come from.
//!
//! The page documents several lasting facts with HTTP 500 and several passing states with HTTP 400: only the code counts.

use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

/// The operation that asks whether a backup can be restored.
const ASKED: &[&str] = &["CheckRestorable"];

const fn row(code: &'static str, http_status: u16, class: Class, meaning: &'static str, hint: &'static str) -> Row {
    Row::any(code, Some(http_status), class, meaning, hint).of("csbs")
}

/// A "no" to the question. Of class `Busy`, the answer is worth asking for again soon.
const fn verdict(code: &'static str, http_status: u16, class: Class, meaning: &'static str, hint: &'static str) -> Row {
    row(code, http_status, class, meaning, hint).on(ASKED).no_failure().shown_as(Reason::NotRestorable)
}

pub(super) const ROWS: &[Row] = &[
    // What restoring itself can be refused for.
    verdict(
        "CSBS.3001",
        404,
        Class::NotFound,
        "the backup is gone, or never was in this project",
        "correct spec.checks[].backup.checkpointItemId; where retention deletes old backups, use backup.latest in its place",
    ),
    row(
        "CSBS.3001",
        404,
        Class::NotFound,
        "the project has no backup of this id",
        "take the id of the one server's backup (checkpoint_items), not that of the checkpoint around it, and see that spec.projectId is right",
    ),
    // Passes by itself, unless the backup's own state is error.
    verdict(
        "CSBS.4000",
        400,
        Class::Busy,
        "the backup is not in the state available",
        "wait while the console shows it being made, copied or restored; if its state there is error, choose another backup",
    ),
    verdict(
        "CSBS.6000",
        400,
        Class::NotFound,
        "the server to restore onto does not exist in this project",
        "set spec.checks[].target.resourceId to a server of spec.projectId; a server that was built again has a new id",
    ),
    // The message speaks of a server in service; the description, and what helps, of its state.
    verdict(
        "CSBS.6005",
        400,
        Class::Busy,
        "nothing can be restored onto the server in the state it is in",
        "let the target server come to rest; one that is Faulty, Resizing or Verifying has to be brought out of that state in the ECS console",
    ),
    verdict(
        "CSBS.6013",
        400,
        Class::Invalid,
        "the target is no server, and only servers can be restored",
        "set spec.checks[].target.resourceType to OS::Nova::Server, and resourceId to the id of an ECS",
    ),
    verdict(
        "CSBS.6014",
        400,
        Class::Precondition,
        "a volume that the mapping names is not attached to the target server",
        "attach the volume to the server, or correct spec.checks[].target.volumes[].volumeId",
    ),
    verdict(
        "CSBS.6015",
        400,
        Class::Busy,
        "the target server is being restored at this moment",
        "nothing to do: it is asked again once that restore can be over; its progress is under Tasks in the CSBS console",
    ),
    verdict(
        "CSBS.6016",
        400,
        Class::Invalid,
        "servers of the target's kind cannot be restored at all",
        "let spec.checks[].target.resourceId name an ordinary ECS: a bare metal server cannot be one",
    ),
    verdict(
        "CSBS.6017",
        400,
        Class::Invalid,
        "the mapping names a disk backup that the chosen backup does not contain",
        "copy spec.checks[].target.volumes[].backupId from extend_info.volume_backups[].id of this very backup; with backup.latest use volumeMapping",
    ),
    verdict(
        "CSBS.6018",
        400,
        Class::Invalid,
        "some disk of the backup has no volume to go to, and a part alone is not restored",
        "add one entry per disk backup to spec.checks[].target.volumes, or set volumeMapping: SourceVolumes",
    ),
    // Documented with 500, yet it stays so until the spec changes.
    verdict(
        "CSBS.6019",
        500,
        Class::Invalid,
        "the backup is of one kind of server and the target of another",
        "choose a target of the backed-up server's kind in spec.checks[].target.resourceId: ECS to ECS",
    ),
    verdict(
        "CSBS.6020",
        400,
        Class::Precondition,
        "the target server has no disk that could be overwritten",
        "attach EVS disks, one for each disk backup, to the target server",
    ),
    verdict(
        "CSBS.6021",
        400,
        Class::Precondition,
        "a volume of the mapping can be shared between servers, and such volumes are not restored",
        "let volumes[].volumeId name a disk that is not shareable; whether a disk is can only be chosen when it is created",
    ),
    // Documented with 500, yet it stays so until the spec changes.
    verdict(
        "CSBS.6023",
        500,
        Class::Invalid,
        "a data disk's backup is mapped to the volume that the server boots from",
        "swap volumeId between the entries of spec.checks[].target.volumes, so that only the bootable disk backup goes to the system disk",
    ),
    verdict(
        "CSBS.6024",
        400,
        Class::Precondition,
        "a volume of the mapping is smaller than the disk that was backed up",
        "enlarge that EVS disk to at least source_volume_size (in GB) of its disk backup, or map the backup to a larger volumeId",
    ),
    verdict(
        "CSBS.6025",
        400,
        Class::Invalid,
        "backups of this availability zone cannot serve a server in the target's zone",
        "choose a target in the zone of the backup; whether two zones can be connected is a question for the vendor's support",
    ),
    verdict(
        "CSBS.6061",
        400,
        Class::Invalid,
        "the server, or a disk of it, stands on storage that CSBS neither saves nor restores",
        "detach disks of that storage pool from the target, or choose a server whose disks are all ordinary EVS",
    ),
    // Codes that the page gives to other operations. They have no closer word than "other", and their class is by meaning; should
    // the question be answered with one, it is a "no" all the same.
    verdict(
        "CSBS.0002",
        400,
        Class::Precondition,
        "the server's volumes are on storage of several types",
        "give the server volumes of one type; the page calls this code unused, so tell the vendor's support that it came",
    ),
    verdict(
        "CSBS.3000",
        404,
        Class::NotFound,
        "no backup policy has this id",
        "steward asks about no policy: look in the CSBS console whether the policy that made the backup was deleted",
    ),
    verdict(
        "CSBS.5001",
        500,
        Class::Precondition,
        "the backup policy cannot be switched off",
        "see the policy's state in the CSBS console; one that runs can be disabled when the run is over",
    ),
    verdict(
        "CSBS.6001",
        400,
        Class::Precondition,
        "the server is shut down",
        "start the target server in the ECS console, unless it is down on purpose",
    ),
    verdict(
        "CSBS.6003",
        400,
        Class::Invalid,
        "the resource is none that CSBS can make backups of",
        "bind cloud servers, and nothing else, to the backup policy; single disks are VBS's affair",
    ),
    verdict(
        "CSBS.6004",
        400,
        Class::Precondition,
        "the server belongs to a backup policy already, and two are not possible",
        "take the server out of its present policy first, in the list of servers of that policy",
    ),
    // The message speaks of the server's state; the description, and what helps, of its kind.
    verdict(
        "CSBS.6006",
        400,
        Class::Invalid,
        "there are no backups for servers of this kind",
        "pick an ECS that the CSBS console lists as one to back up",
    ),
    verdict(
        "CSBS.6007",
        400,
        Class::Precondition,
        "the server has no EVS disk that a backup could hold",
        "attach a disk: a server that runs from local disks alone cannot be backed up",
    ),
    verdict(
        "CSBS.6010",
        400,
        Class::Precondition,
        "the server shares a disk with others and is therefore not backed up",
        "detach the shared disk from the server, then let the policy run once more",
    ),
    verdict(
        "CSBS.6027",
        400,
        Class::Precondition,
        "there is no backup storage for the server's availability zone",
        "ask the vendor's support to open the zone for CSBS, or move the workload to a zone that has it",
    ),
    // A state, although documented with 500.
    verdict(
        "CSBS.6030",
        500,
        Class::Busy,
        "a scheduled backup has the server to itself for the moment",
        "nothing to do: it is asked again when the policy's run can be over; a spec.schedule away from that hour avoids it",
    ),
    verdict(
        "CSBS.6031",
        400,
        Class::Busy,
        "somebody is copying the backup to another region",
        "nothing to do: the copy is waited for; copy_status of the backup tells how far it is",
    ),
    verdict(
        "CSBS.6032",
        500,
        Class::Precondition,
        "the backup policy has no server that could be backed up",
        "bind a server to the policy, or bring those that are bound back into a state such as running or stopped",
    ),
    verdict(
        "CSBS.6033",
        400,
        Class::Precondition,
        "a disk of the server lies on dedicated storage (DSS), which cannot be backed up",
        "move that disk's data to an EVS disk that is not of a dedicated pool",
    ),
    verdict(
        "CSBS.6040",
        404,
        Class::NotFound,
        "no job has this id any more",
        "refresh the list of jobs in the CSBS console: somebody removed it before",
    ),
    verdict(
        "CSBS.7001",
        404,
        Class::NotFound,
        "the tag that was to go is not there",
        "nothing to do, if it was to be removed; else compare upper and lower case of the tag's key",
    ),
    verdict(
        "CSBS.8007",
        400,
        Class::Precondition,
        "an image depends on this backup, which therefore cannot go",
        "delete the full-ECS image in the IMS console, and after it the backup",
    ),
    verdict(
        "CSBS.8009",
        500,
        Class::Invalid,
        "no image can come of a backup without the system disk",
        "use a backup whose volume_backups[] has one that is bootable",
    ),
    verdict(
        "CSBS.9007",
        400,
        Class::Invalid,
        "another backup policy has this name",
        "give the policy a name that the project does not use yet",
    ),
    verdict(
        "CSBS.9008",
        400,
        Class::Precondition,
        "the backup is not finished, or broken, and no server can be created from it",
        "choose a backup whose status the console gives as Available",
    ),
    // Busy with something. These do not speak of restoring, so they are no verdict.
    row(
        "CSBS.1001",
        500,
        Class::Busy,
        "a backup that somebody started by hand is still running",
        "wait for its end, or cancel it under Tasks in the CSBS console",
    ),
    row(
        "CSBS.1002",
        500,
        Class::Busy,
        "a backup of the server is being written",
        "nothing to do: it is tried again; how far the backup is can be seen in extend_info.progress",
    ),
    row(
        "CSBS.2001",
        500,
        Class::Busy,
        "the backup policy is at work",
        "nothing to do for an hour; a policy that never comes to an end is a matter for the vendor's support",
    ),
    row(
        "CSBS.2003",
        400,
        Class::Busy,
        "the backup is being written, put back or removed",
        "nothing to do: that is waited for; a backup that was being removed will be gone, and backup.latest finds the next",
    ),
    row(
        "CSBS.2004",
        400,
        Class::Busy,
        "the policy of this backup has not finished its run",
        "let the run end; policies of many servers are better spread over several hours",
    ),
    row(
        "CSBS.8001",
        500,
        Class::Busy,
        "the backup's state rules out an image at the moment",
        "create the image when the backup is Available; after a day in another state, ask the vendor's support",
    ),
    row(
        "CSBS.8008",
        500,
        Class::Busy,
        "the service does not show the backup in its present state",
        "nothing to do at first; if it stays, see in the console whether the backup is there at all",
    ),
    // Limits.
    row(
        "CSBS.0001",
        400,
        Class::Quota,
        "the project has all the backup policies that its quota allows",
        "remove a policy nobody needs from the CSBS console",
    ),
    row(
        "CSBS.7000",
        400,
        Class::Quota,
        "the resource carries as many tags as it can",
        "remove tags from the backup or the server: tags over the quota are not taken",
    ),
    row(
        "CSBS.9006",
        400,
        Class::Quota,
        "the project's quota of backups or of backup space is used up",
        "delete old backups, or have the quota raised; GET /quotas shows backups and backup_capacity",
    ),
    // Requests that cannot be answered.
    row(
        "CSBS.9001",
        400,
        Class::Invalid,
        "the service does not take one of the ids, or the provider id",
        "leave spec.providerId out to get the one CSBS knows; then check that spec.projectId and the ids in spec.checks are complete",
    ),
    // One code for two things that have nothing to do with each other: the status tells which, and where it does not, the account is likelier.
    row(
        "CSBS.9009",
        403,
        Class::Denied,
        "the account's owner has not proved who they are",
        "complete real-name authentication of the account in the Account Center",
    ),
    row(
        "CSBS.9009",
        400,
        Class::Invalid,
        "more space is in use than would be left after the reduction",
        "reduce the space for backups or replicas by less, or delete some of them before",
    ),
    // Faults and the end of the service.
    row(
        "CSBS.9998",
        500,
        Class::Unavailable,
        "the backup service is out of order",
        "nothing to do: it is tried again; answers that steward already has grow old meanwhile, see staleAfter",
    ),
    row(
        "CSBS.9999",
        500,
        Class::Unavailable,
        "the backup service failed inside",
        "nothing to do for a single one; if it stays, open a ticket that quotes lastError.requestId",
    ),
    row(
        "BackupService.4008",
        400,
        Class::Retired,
        "CSBS is closed to this project",
        "back the servers up with CBR, which takes CSBS's place; CBR has no such check, so delete this RestoreCheck",
    ),
];
