use super::*;

fn now() -> Timestamp {
    "2026-11-22T12:00:30Z".parse().unwrap()
}

fn minute() -> SignedDuration {
    SignedDuration::from_secs(60)
}

/// What is wrong with it, for a script that may take a minute.
fn mistake(text: &str) -> Option<String> {
    Frequency::parse(text).and_then(|frequency| frequency.check(minute(), now())).err()
}

fn next(text: &str) -> Option<String> {
    Frequency::parse(text).unwrap().next_run(Some(now()), now()).map(|moment| moment.to_string())
}

#[test]
fn the_next_run_is_when_the_cloud_would_run_it() {
    let table = [
        ("rate(90s)", Some("2026-11-22T12:02:00Z")),
        ("rate(5m)", Some("2026-11-22T12:05:30Z")),
        ("rate(2h)", Some("2026-11-22T14:00:30Z")),
        ("rate(7d)", Some("2026-11-29T12:00:30Z")),
        ("at(2030-06-06 13:15:30)", Some("2030-06-06T13:15:30Z")),
        ("at(2030-06-06 13:15:30 UTC)", Some("2030-06-06T13:15:30Z")),
        ("at(2030-06-06 13:15:30 Asia/Shanghai)", Some("2030-06-06T05:15:30Z")),
        ("at(2030-06-06 13:15:30 GMT-7:00)", Some("2030-06-06T20:15:30Z")),
        ("at(2030-06-06 13:15:30 GMT+0:30)", Some("2030-06-06T12:45:30Z")),
        ("0 15 10 ? * * Asia/Shanghai", Some("2026-11-23T02:15:00Z")),
        ("0 15 10 ? * * GMT+8:00", Some("2026-11-23T02:15:00Z")),
        ("0 0/30 10-11 * * ? 2027 GMT+8:00", Some("2027-01-01T02:00:00Z")),
        ("0 0/5 14 * 10 ? 2022/2 UTC", Some("2028-10-01T14:00:00Z")),
        ("0 */20 * * * ? UTC", Some("2026-11-22T12:20:00Z")),
        ("0 0 3 ? * MON-FRI UTC", Some("2026-11-23T03:00:00Z")),
        ("0 0 3 ? * 1 UTC", Some("2026-11-23T03:00:00Z")),
        ("0 0 3 ? * 7 UTC", Some("2026-11-29T03:00:00Z")),
        ("0 0 3 ? * L UTC", Some("2026-11-29T03:00:00Z")),
        ("0 0 3 ? * 5L UTC", Some("2026-11-27T03:00:00Z")),
        ("0 0 3 ? * 6#3 UTC", Some("2026-12-19T03:00:00Z")),
        ("0 0 3 L * ? UTC", Some("2026-11-30T03:00:00Z")),
        ("0 0 3 1W * ? UTC", Some("2026-12-01T03:00:00Z")),
        ("0 0 3 LW 1 ? UTC", Some("2027-01-29T03:00:00Z")),
        ("0 0 3 1,15 feb ? UTC", Some("2027-02-01T03:00:00Z")),
        ("0 15 08 ? * * 2027 UTC", Some("2027-01-01T08:15:00Z")),
        // Each instance goes by its own clock.
        ("0 0 3 ? * MON-FRI", None),
    ];
    for (text, expected) in table {
        assert_eq!(mistake(text), None, "{text}");
        assert_eq!(next(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn what_the_cloud_would_not_take_is_said_before_it_is_asked() {
    let table = [
        ("", "must be rate"),
        ("every minute", "must be rate"),
        ("rate(5)", "an interval is a number"),
        ("rate(5m", "an interval is a number"),
        ("rate(-5m)", "an interval is a number"),
        ("rate(1w)", "an interval is a number"),
        ("rate(5µ)", "an interval is a number"),
        ("rate(99999999999d)", "an interval is a number"),
        ("rate(59s)", "60 seconds at least"),
        ("rate(0m)", "60 seconds at least"),
        ("rate(8d)", "7 days at most"),
        ("rate(60s)", "longer than the timeout of 60 seconds"),
        ("at(2026-11-22 12:00:30)", "is over"),
        ("at(2026-11-22 20:00:29 Asia/Shanghai)", "is over"),
        ("at(2030-02-30 00:00:00)", "a date and a time"),
        ("at(2030-6-6 1:00:00)", "a date and a time"),
        ("at(2030-06-06)", "must be rate"),
        ("at(2030-06-06 13:15:30 UTC UTC)", "a date and a time"),
        ("at(2030-06-06 13:15:30 GMT+08:00)", "is no time zone"),
        ("at(2030-06-06 13:15:30 GMT+15:00)", "is no time zone"),
        ("at(2030-06-06 13:15:30 GMT+8)", "is no time zone"),
        ("at(2030-06-06 13:15:30 CST)", "is no time zone"),
        ("at(2030-06-06 13:15:30 asia/shanghai)", "is no time zone"),
        ("0 0 3 ? * MON Europe/Hangzhou", "is no time zone"),
        ("0 3 ? * MON", "must be rate"),
        ("0 0 3 ? * MON 2030 UTC 1", "must be rate"),
        ("60 0 3 ? * MON", "no cron expression"),
        ("0 0 24 ? * MON", "no cron expression"),
        ("0 0 3 ? 13 MON", "no cron expression"),
        ("0 ? 3 * * MON", "field for minutes"),
        ("0 0 003 ? * MON", "field for hours"),
        ("@daily 0 0 3 ? *", "field for seconds"),
        ("0 0 3 +1 * ?", "field for the day of the month"),
        ("0 0 3 1 * MON", "exactly one is named"),
        ("0 0 3 ? * ?", "exactly one is named"),
        ("0 0 3 1 1 ? 2100", "later than 2099"),
        ("0 0 3 1 1 ? 2025", "never comes true"),
        ("0 0 3 30 2 ?", "never comes true"),
        ("* * * * * ?", "less than 10 seconds apart"),
        ("0/50 * * * * ?", "10 seconds apart, and the timeout is 60"),
        ("0/7 * * * * ?", "less than 10 seconds apart"),
        ("0,59 0 3 ? * MON", "59 seconds apart, and the timeout is 60"),
        ("0,30 59 23 L * ?", "30 seconds apart, and the timeout is 60"),
    ];
    for (text, expected) in table {
        let said = mistake(text).unwrap_or_default();
        assert!(said.contains(expected), "{text}: {said}");
    }
}

#[test]
fn a_cron_expression_may_be_as_close_as_the_script_is_short() {
    let check = |text: &str, seconds| Frequency::parse(text).unwrap().check(SignedDuration::from_secs(seconds), now()).is_ok();
    assert!(check("0/10 * * * * ?", 10) && !check("0/10 * * * * ?", 11));
    assert!(check("0 0/5 14,18 * * ?", 300) && !check("0 0/5 14,18 * * ?", 301));
    // From the last run of one day to the first of the next it is a minute only.
    assert!(check("0 0,59 0,23 1,15,16 * ?", 60) && !check("0 0,59 0,23 1,15,16 * ?", 61));
}

#[test]
fn an_interval_counts_from_when_the_cloud_took_the_command() {
    let rate = Frequency::parse("rate(5m)").unwrap();
    let accepted: Timestamp = "2026-11-22T11:58:00Z".parse().unwrap();
    assert_eq!(rate.next_run(Some(accepted), now()).unwrap().to_string(), "2026-11-22T12:03:00Z");
    assert_eq!(rate.next_run(Some(accepted), accepted).unwrap().to_string(), "2026-11-22T12:03:00Z");
    let one_interval_on: Timestamp = "2026-11-22T12:03:00Z".parse().unwrap();
    assert_eq!(rate.next_run(Some(accepted), one_interval_on).unwrap().to_string(), "2026-11-22T12:08:00Z");
    assert_eq!(rate.next_run(None, now()), None);
    let over = Frequency::parse("at(2026-11-22 11:00:00)").unwrap();
    assert_eq!(over.next_run(Some(accepted), now()), None);
}

#[test]
fn summer_time_moves_the_run_with_the_clock_of_its_zone() {
    let berlin = Frequency::parse("0 0 3 ? * * Europe/Berlin").unwrap();
    let after = |moment: &str| berlin.next_run(None, moment.parse().unwrap()).unwrap().to_string();
    assert_eq!(
        (after("2026-07-01T00:00:00Z"), after("2026-12-01T00:00:00Z")),
        ("2026-07-01T01:00:00Z".into(), "2026-12-01T02:00:00Z".into())
    );
}
