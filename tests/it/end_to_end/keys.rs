//! A Secret that is wrong, and right again.

use super::real::Real;
use super::{SEED, web};
use std::time::Duration;

#[test]
fn a_wrong_secret_is_told_on_both_objects_and_a_right_one_heals_them_within_a_minute() {
    let real = Real::new(SEED);
    real.membership("web", &web(&["i-web1"]));
    real.until_ready("web", "True/InSync");

    real.secret("wrong");
    real.until(Duration::from_secs(45), "both say so", |real| {
        real.ready("web") == "False/CredentialRejected" && real.credential_ready("default") == "False/CredentialRejected"
    });
    assert!(real.message("web").contains("CloudCredential default"), "{}", real.message("web"));
    let error = real.get_of("cloudcredentials", "default").expect("it exists")["status"]["lastError"].clone();
    assert_eq!((error["code"].as_str(), error["hint"].is_string()), (Some("SignatureDoesNotMatch"), true), "{error:#}");
    let wrong: Vec<_> = real.calls().into_iter().filter(|call| call.code.is_some()).collect();
    assert_eq!(wrong.len(), 1, "one call found out, and nobody else used that key: {wrong:#?}");

    real.secret("secret-1");
    real.until(Duration::from_secs(60), "both are well", |real| {
        real.ready("web") == "True/InSync" && real.credential_ready("default") == "True/InSync"
    });
    assert_eq!(real.acted("JoinSecurityGroup"), 1);
}
