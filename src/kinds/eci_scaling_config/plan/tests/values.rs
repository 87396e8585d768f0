//! Values from Secrets: which count as sent, which as seen, and which nobody can tell.

use super::*;

fn secret(name: &str, value: &str) -> References {
    References::of([(Reference::secret(name), Ok(Some(Contents::of([("k", value.as_bytes())]))))])
}

fn registry() -> Json {
    json!({"cpu": 2, "imageRegistryCredentials": [{"server": "r.example", "userName": "u", "passwordSecretRef": {"name": "s", "key": "k"}}]})
}

const PASSWORD: &str = "imageRegistryCredentials[r.example].password";

fn prints(plan: &Plan<EciScalingConfig>) -> Vec<&str> {
    plan.status.secrets.iter().map(|print| print.path.as_str()).collect()
}

#[test]
fn a_password_counts_as_sent_only_if_its_list_was() {
    // Somebody else's password is masked, so the list has to stay at home; cpu is sent all the same.
    let cloud = json!({"ImageRegistryCredentials": [{"Server": "other", "UserName": "e", "Password": "***"}]});
    let object = an_object(&registry());
    let plan = look(&object, &cloud, &secret("s", "p"), 0);
    assert_eq!(said(&plan).2, ["modify asc-1: cpu"]);
    let object = answered(recorded(object, &plan), &plan.steps[0], Ok(()), 0);
    assert_eq!(object.status.as_ref().unwrap().secrets, []);
    let mut cloud = cloud;
    cloud["Cpu"] = json!(2.0);
    let plan = look(&object, &cloud, &secret("s", "p"), 60);
    assert_eq!((said(&plan).1, prints(&plan).len()), (Reason::CannotMerge, 0));
    // Once it is shown, the list goes.
    cloud["ImageRegistryCredentials"][0]["Password"] = json!("theirs");
    let plan = look(&object, &cloud, &secret("s", "p"), 120);
    let object = answered(recorded(object, &plan), &plan.steps[0], Ok(()), 120);
    assert_eq!(object.status.as_ref().unwrap().secrets.iter().map(|print| print.path.as_str()).collect::<Vec<_>>(), [PASSWORD]);
}

#[test]
fn a_value_that_was_there_already_is_known_without_having_been_sent() {
    let variable = json!({"containers": [{"name": "a", "environmentVars": [
        {"key": "K", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]}]});
    let cloud = |value: &str| json!({"Containers": [{"Name": "a", "Image": "a:1", "EnvironmentVars": [{"Key": "K", "Value": value}]}]});
    let object = an_object(&variable);
    let plan = look(&object, &cloud("v"), &secret("s", "v"), 0);
    assert_eq!((said(&plan).1, prints(&plan)), (Reason::InSync, vec!["containers[a].environmentVars[K].value"]));
    let object = recorded(object, &plan);
    // Another one in the Secret is news; it is sent, and not yet known.
    let plan = look(&object, &cloud("v"), &secret("s", "w"), 60);
    assert_eq!((plan.status.corrections.len(), plan.steps.len(), &plan.status.secrets), (0, 1, &object.status.as_ref().unwrap().secrets));
}

#[test]
fn a_print_that_nothing_wants_any_more_is_forgotten() {
    let print = |path: &str| SecretPrint { path: path.to_owned(), hmac: "h".to_owned() };
    let object = with(settled(), |status| status.secrets = vec![print("gone")]);
    assert_eq!(prints(&look_at(&object, &json!({"Cpu": 2.0}), 0)), Vec::<&str>::new());
}

#[test]
fn who_only_looks_sees_no_drift_in_a_password_that_was_never_sent() {
    let cloud = json!({"Cpu": 2.0, "ImageRegistryCredentials": [{"Server": "r.example", "UserName": "u", "Password": "***"}]});
    let object = observing(an_object(&registry()));
    let plan = look(&object, &cloud, &secret("s", "p"), 0);
    assert_eq!((said(&plan), plan.status.drift.len()), ((Phase::Settled, Reason::InSync, vec![]), 0));
    assert_eq!(prints(&plan), Vec::<&str>::new(), "nobody knows it to be there");
    // What can be seen is seen as before.
    let other = json!({"Cpu": 2.0, "ImageRegistryCredentials": [{"Server": "r.example", "UserName": "other", "Password": "***"}]});
    let plan = look(&object, &other, &secret("s", "p"), 0);
    let drift: Vec<&str> = plan.status.drift.iter().map(|drift| drift.path.as_str()).collect();
    assert_eq!((said(&plan).1, drift), (Reason::DriftDetected, vec!["spec.configuration.imageRegistryCredentials[r.example].userName"]));
    assert_eq!(said(&look(&object, &json!({"Cpu": 2.0}), &secret("s", "p"), 0)).1, Reason::DriftDetected, "there is no such login");
    // Once it manages, the password goes; and when it looks only again, another one in the Secret is known to be news.
    let mut object = an_object(&registry());
    let plan = look(&object, &cloud, &secret("s", "p"), 0);
    object = answered(recorded(object, &plan), &plan.steps[0], Ok(()), 0);
    object = observing(object);
    assert_eq!(said(&look(&object, &cloud, &secret("s", "p"), 60)).1, Reason::InSync);
    assert_eq!(said(&look(&object, &cloud, &secret("s", "q"), 60)).1, Reason::DriftDetected);
}
