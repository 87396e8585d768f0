//! Clocks that differ: the cloud's date is learned from its first refusal, and no key is blamed for it.

use super::cast;
use crate::security_group_membership::{minutes, seconds};
use jiff::SignedDuration;
use steward_cloudsim::{Edit, SettingsSeed};

fn twenty_minutes(sign: i64) -> Edit {
    Edit::Settings(SettingsSeed { skew: Some(SignedDuration::from_mins(20 * sign)), ..SettingsSeed::default() })
}

#[test]
fn a_clock_that_is_off_costs_each_client_one_refusal() {
    for sign in [1, -1] {
        for method in [cast::keys(), cast::role(), cast::signer(), cast::agency_by_key(), cast::password(), cast::agency_by_password()] {
            let mut world = cast::world_with(&method);
            world.cloud.edit(twenty_minutes(sign)).unwrap();
            world.start();
            world.until_credential(20, method.name, "True/InSync");
            let refused = world.refused_calls();
            let clients = if matches!(method.name, "role" | "agency-by-key") { 2 } else { 1 };
            assert!(refused.len() <= clients, "{} {sign}: {refused:?}", method.name);
            world.cloud.clear_calls();
            world.pass_in_steps(minutes(12 * 60), seconds(30));
            assert_eq!(world.refused_calls(), Vec::<String>::new(), "{} {sign}", method.name);
            assert_eq!(world.credential_ready_now(method.name), "True/InSync");
            // An hour by the cloud's clock is an hour by ours.
            let renewals = world.cloud.calls().len();
            let most = if method.lasts == Some(3600) { 18 } else { 0 };
            assert!(renewals <= most, "{} {sign}: {renewals} calls in twelve hours", method.name);
        }
    }
}

#[test]
fn a_short_session_is_renewed_by_its_length_and_not_by_a_clock_that_is_off() {
    for sign in [1, -1] {
        let method = cast::role();
        let mut world = cast::world_with(&method);
        world.edit_credential(method.name, &serde_json::json!({"auth": {"assumeRole": {"sessionDuration": "15m"}}}));
        world.cloud.edit(twenty_minutes(sign)).unwrap();
        world.start();
        world.until_credential(20, method.name, "True/InSync");
        world.cloud.clear_calls();
        world.pass_in_steps(minutes(120), seconds(15));
        assert_eq!(world.refused_calls(), Vec::<String>::new(), "{sign}");
        let renewals = world.calls("AssumeRole");
        assert!((9..=12).contains(&renewals), "{sign}: {renewals} renewals of a quarter of an hour in two hours");
    }
}
