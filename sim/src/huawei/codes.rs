//! Which HTTP status a documented code comes with, and for CSBS in which words. Where one code has several statuses, the first one here is meant.

/// Of CSBS: code, status, message with the vendor's placeholders.
const CSBS: &[(&str, u16, &str)] = &[
    ("CSBS.0001", 400, "Service over limit"),
    ("CSBS.6000", 400, "server do not exist"),
    ("CSBS.6001", 400, "The server has stopped."),
    ("CSBS.6003", 400, "Resource (%s) type (%s) is not support protection."),
    ("CSBS.6005", 400, "Server (%s) is already in service."),
    ("CSBS.6006", 400, "Server (%s) status (%s) is not allowed to protect."),
    ("CSBS.6007", 400, "No volume attached to the server (%s) for protect."),
    ("CSBS.6010", 400, "Volume (%s) attached to server (%s) is shareable volume."),
    ("CSBS.6013", 400, "Resource (%s) type (%s) is not support restoration."),
    ("CSBS.6014", 400, "Volume(s) (%s) not found in target server."),
    ("CSBS.6015", 400, "The server is restoring."),
    ("CSBS.9001", 400, "provider invalid"),
    ("CSBS.9009", 403, "User is unverified."),
    ("CSBS.9009", 400, "The backup or replication space after reduction cannot be less than the used space."),
    ("CSBS.9998", 500, "System not support"),
    ("CSBS.9999", 500, "%s failed"),
    ("CSBS.0002", 400, "Volume of services from different storagetype"),
    ("CSBS.1001", 500, "The policy is executing backup."),
    ("CSBS.2003", 400, "item in executing"),
    ("CSBS.2004", 400, "item in plan executing"),
    ("CSBS.3001", 404, "Checkpoint_item (%s) is not found."),
    ("CSBS.6027", 400, "The AZ where the resource (%s) is located does not support backup."),
    ("CSBS.6030", 500, "auto plan executing"),
    ("CSBS.6031", 400, "manual copy executing"),
    ("CSBS.6032", 500, "plan has no resource backup"),
    ("CSBS.6033", 400, "Service type of volume %s(belong to server %s) is dss."),
    ("CSBS.6061", 400, "volume of server in this pod does not support backup"),
    ("CSBS.8001", 500, "The backup status is not allowed to create image"),
    ("CSBS.8007", 400, "The backup {checkpoint_item_id} has register to image, can't be delete"),
    ("CSBS.8008", 500, "The backup {checkpoint_item_id}'s status is not allowed query"),
    ("CSBS.8009", 500, "The backup has not system disk backup is not allowed to create image"),
    ("CSBS.9006", 400, "Quota exceeded for resources: %s"),
    ("CSBS.1002", 500, "resource_in_protecting"),
    ("CSBS.2001", 500, "item in plan is executing"),
    ("CSBS.3000", 404, "plan not found"),
    ("CSBS.5001", 500, "Scheduel operation status can't be set unable"),
    ("CSBS.6004", 400, "Server (%s) is already in service."),
    ("CSBS.9007", 400, "duplicate service name"),
    ("CSBS.7000", 400, "request tags exceed the max allowed count: %s."),
    ("CSBS.7001", 404, "The backup tag does not exist."),
    ("CSBS.4000", 400, "checkpoint item not available"),
    ("CSBS.6016", 400, "can not restore server type is not allow"),
    ("CSBS.6017", 400, "Can not find backup(s) (%s) in checkpoint item (%s)."),
    ("CSBS.6018", 400, "Not assign backup(s) (%s) to volume(s), partial restore is not supported."),
    ("CSBS.6019", 500, "The source server (%s) type (%s) is not the same as the target server (%s) type (%s)."),
    ("CSBS.6020", 400, "No volume attached to the server (%s) for restore."),
    ("CSBS.6021", 400, "Volume (%s) attached to server (%s) is shareable volume."),
    ("CSBS.6023", 500, "Can not restore data volume to system volume. server id is (%s)."),
    ("CSBS.6024", 400, "Target volume (%s) size (%s) small than volume backup (%s) size (%s)."),
    ("CSBS.6025", 400, "The AZ of local checkpoint item (%s) is not support to restore the resource (%s)."),
    ("CSBS.9008", 400, "Checkpoint Item Status Not Support Create VM"),
    ("CSBS.6040", 404, "task not found"),
    ("BackupService.4008", 400, "New project are not allowed to use old services."),
];

/// Of Organizations: the numbers that come with a status.
const ORGANIZATIONS: &[(u16, &[u16])] = &[
    (
        400,
        &[
            1004, 1005, 1006, 1008, 1009, 1011, 1012, 1013, 1014, 1016, 1017, 1019, 1020, 1021, 1022, 1023, 1102, 1103, 1202, 1203, 1204,
            1302, 1303, 1304, 1305, 1308, 1309, 1310, 1401, 1402, 1604, 1605, 1606, 1607, 1608, 1611, 1613, 1614, 1615, 1616, 1617, 1618,
            1619, 1703, 1800, 1902, 2000, 2001, 2003, 2006, 2100, 2103, 2105, 2200, 2201, 2202,
        ],
    ),
    (401, &[1001, 1002, 1015, 1018]),
    (403, &[1007, 1104, 1105, 2007]),
    (404, &[1010, 1100, 1200, 1201, 1300, 1301, 1400, 1500, 1600, 1601, 1602, 1609, 1610, 1700, 1701, 1900, 2004, 2005, 2102, 2104, 2106]),
    (409, &[1003, 1101, 1205, 1306, 1307, 1501, 1603, 1612, 1702, 1901, 2002, 2101]),
];

/// The denial that carries an opaque reason.
pub(crate) const DENIED: &str = "Organizations.1007";

pub(crate) fn status_of(code: &str) -> Option<u16> {
    if let Some(number) = code.strip_prefix("Organizations.") {
        let number: u16 = number.parse().ok()?;
        return ORGANIZATIONS.iter().find(|(_, numbers)| numbers.contains(&number)).map(|(status, _)| *status);
    }
    csbs(code).map(|(status, _)| status)
}

/// Status and message of a code of CSBS.
pub(crate) fn csbs(code: &str) -> Option<(u16, &'static str)> {
    CSBS.iter().find(|(known, ..)| *known == code).map(|(_, status, message)| (*status, *message))
}

/// A message with its placeholders filled in their order; the last value stands for those that are left.
pub(crate) fn fill(message: &str, values: &[&str]) -> String {
    let mut pieces = message.split("%s");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for (index, piece) in pieces.enumerate() {
        text.push_str(values.get(index).or(values.last()).unwrap_or(&""));
        text.push_str(piece);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_complete_and_name_each_code_once() {
        assert_eq!(CSBS.len(), 53);
        let codes: std::collections::BTreeSet<&str> = CSBS.iter().map(|(code, ..)| *code).collect();
        assert_eq!(codes.len(), 52, "one code has two meanings, and two statuses");
        let mut numbers: Vec<u16> = ORGANIZATIONS.iter().flat_map(|(_, numbers)| numbers.iter().copied()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 97);
    }

    #[test]
    fn a_status_is_the_codes_own() {
        for (code, expected) in [
            ("CSBS.6018", Some(400)),
            ("CSBS.6019", Some(500)),
            ("CSBS.3001", Some(404)),
            ("CSBS.9009", Some(403)),
            ("BackupService.4008", Some(400)),
            ("Organizations.1007", Some(403)),
            ("Organizations.1010", Some(404)),
            ("Organizations.1003", Some(409)),
            ("Organizations.9999", None),
            ("APIGW.0308", None),
        ] {
            assert_eq!(status_of(code), expected, "{code}");
        }
    }

    #[test]
    fn placeholders_are_filled_in_order() {
        assert_eq!(fill("Volume (%s) of (%s).", &["a", "b"]), "Volume (a) of (b).");
        assert_eq!(fill("%s and %s", &["a"]), "a and a");
        assert_eq!(fill("%s", &[]), "");
        assert_eq!(fill("plain", &["a"]), "plain");
    }
}
