//! Single differences, by hand. That nothing is lost whatever is there, is proved against the simulator.

use super::*;
use crate::cloud::alibaba::ess::configuration::{Operation, Source};
use serde_json::{Value as Json, json};

/// A question in JSON: spec and the cloud's answer, what is owned as `a/b/c`.
#[derive(Clone)]
struct Ask {
    desired: Json,
    observed: Json,
    owned: Vec<&'static str>,
    exclusive: bool,
    allow_override: bool,
    sent: Vec<&'static str>,
}

fn ask(desired: Json, observed: Json) -> Ask {
    Ask { desired, observed, owned: Vec::new(), exclusive: false, allow_override: false, sent: Vec::new() }
}

impl Ask {
    fn owning(self, owned: &[&'static str]) -> Self {
        Self { owned: owned.to_vec(), ..self }
    }

    fn exclusively(self) -> Self {
        Self { exclusive: true, ..self }
    }

    fn overriding(self) -> Self {
        Self { allow_override: true, ..self }
    }

    fn having_sent(self, sent: &[&'static str]) -> Self {
        Self { sent: sent.to_vec(), ..self }
    }

    fn answer(&self) -> Difference {
        difference(&Question {
            desired: &Item::read(&self.desired, CONFIGURATION, Source::Spec),
            observed: &Item::read(&self.observed, CONFIGURATION, Source::Answer),
            owned: &paths(&self.owned),
            exclusive: self.exclusive,
            allow_override: self.allow_override,
            sent: &self.sent.iter().map(|path| (*path).to_owned()).collect(),
            secret: &BTreeSet::new(),
        })
    }
}

fn paths(paths: &[&str]) -> Paths {
    paths.iter().map(|path| path.split('/').collect()).collect()
}

fn said(difference: &Difference) -> Vec<String> {
    difference.changes.iter().map(|change| format!("{}: {} -> {}", change.path, change.observed, change.desired)).collect()
}

fn sent(difference: &Difference) -> Vec<String> {
    let mut parameters = difference.call.parameters(CONFIGURATION, Operation::Modify);
    parameters.sort();
    parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
}

fn shown(paths: &[Path]) -> Vec<&str> {
    paths.iter().map(Path::as_str).collect()
}

fn two_containers() -> Json {
    json!({
        "ScalingConfigurationName": "web", "SecurityGroupId": "sg-1",
        "Containers": [
            {"Name": "nginx", "Image": "nginx:1", "Cpu": 0.5, "EnvironmentVars": [{"Key": "A", "Value": "a", "FieldRefFieldPath": ""}]},
            {"Name": "sidecar", "Image": "ship:1", "LivenessProbeExecCommands": ["cat", "/tmp/alive"]},
        ],
    })
}

#[test]
fn what_is_as_it_should_be_needs_no_call() {
    let spec =
        json!({"scalingConfigurationName": "web", "containers": [{"name": "nginx", "cpu": 0.5}], "autoCreateEip": false, "args": []});
    let found = ask(spec, two_containers()).answer();
    assert!(found.is_settled() && found.call.is_empty(), "{:?}", said(&found));
}

#[test]
fn one_image_is_changed_and_the_rest_of_the_list_goes_along() {
    let found = ask(json!({"containers": [{"name": "nginx", "image": "nginx:2"}]}), two_containers()).answer();
    assert_eq!(said(&found), ["containers[nginx].image: nginx:1 -> nginx:2"]);
    let expected = [
        "Containers.1.Cpu=0.5",
        "Containers.1.EnvironmentVars.1.Key=A",
        "Containers.1.EnvironmentVars.1.Value=a",
        "Containers.1.Image=nginx:2",
        "Containers.1.Name=nginx",
        "Containers.2.Image=ship:1",
        "Containers.2.LivenessProbe.Exec.Commands.1=cat",
        "Containers.2.LivenessProbe.Exec.Commands.2=/tmp/alive",
        "Containers.2.Name=sidecar",
        "ScalingConfigurationName=web",
        "SecurityGroupId=sg-1",
    ];
    assert_eq!(sent(&found), expected);
    assert_eq!(found.sets, paths(&["containers/nginx/image"]), "the container itself was there before");
}

#[test]
fn a_container_is_ours_if_we_added_it_and_not_because_we_changed_its_image() {
    let spec = json!({"containers": [{"name": "nginx", "image": "nginx:2"}, {"name": "new", "image": "new:1"}]});
    let first = ask(spec.clone(), two_containers()).answer();
    let mut after = two_containers();
    after["Containers"][0]["Image"] = json!("nginx:2");
    after["Containers"].as_array_mut().unwrap().push(json!({"Name": "new", "Image": "new:1"}));
    let owned = ask(spec, after.clone()).answer().owned(&Paths::default(), &first.sets);
    let ours = ["containers/new", "containers/new/image", "containers/nginx/image"];
    assert_eq!(owned, paths(&ours));
    let gone = ask(json!({}), after).owning(&ours).answer();
    assert_eq!(said(&gone), ["containers[new]: (present) -> (absent)"]);
    assert_eq!(shown(&gone.cannot_clear), ["containers[nginx].image"]);
    assert_eq!(gone.call.entries("containers").len(), 2, "nginx goes along as it is");
}

#[test]
fn what_left_spec_and_was_ours_goes_and_what_was_not_stays() {
    let spec = json!({"containers": [{"name": "nginx", "image": "nginx:1"}]});
    let found =
        ask(spec.clone(), two_containers()).owning(&["containers/nginx/environmentVars/A/value", "containers/nginx/image"]).answer();
    assert_eq!(said(&found), ["containers[nginx].environmentVars[A]: (present) -> (absent)"], "nothing of the variable is anybody else's");
    let found = ask(spec.clone(), two_containers()).owning(&["containers/nginx/cpu"]).answer();
    assert_eq!(said(&found), ["containers[nginx].cpu: 0.5 -> (absent)"]);
    assert!(!sent(&found).iter().any(|parameter| parameter.starts_with("Containers.1.Cpu")));
    let found = ask(spec, two_containers()).owning(&["containers/sidecar"]).answer();
    assert_eq!(said(&found), ["containers[sidecar]: (present) -> (absent)"], "steward had put it there");
}

#[test]
fn a_container_of_somebody_elses_that_leaves_spec_keeps_what_it_cannot_do_without() {
    let spec = json!({"containers": [{"name": "nginx", "image": "nginx:1"}]});
    let found = ask(spec.clone(), two_containers()).owning(&["containers/sidecar/image"]).answer();
    assert_eq!((shown(&found.cannot_clear), found.call.is_empty()), (vec!["containers[sidecar].image"], true));
    let mut observed = two_containers();
    observed["Containers"][1].as_object_mut().unwrap().remove("LivenessProbeExecCommands");
    let found = ask(spec, observed).owning(&["containers/sidecar/image"]).answer();
    assert_eq!(said(&found), ["containers[sidecar]: (present) -> (absent)"]);
}

#[test]
fn what_steward_adds_is_its_own_and_what_it_changes_is_not() {
    let spec = json!({"containers": [{"name": "nginx", "environmentVars": [{"key": "A", "value": "b"}, {"key": "NEW", "value": "n"}]}]});
    let found = ask(spec.clone(), two_containers()).answer();
    let variables = "containers/nginx/environmentVars";
    let expected = [format!("{variables}/A/value"), format!("{variables}/NEW"), format!("{variables}/NEW/value")];
    assert_eq!(found.sets, paths(&expected.each_ref().map(String::as_str)));
    let mut observed = two_containers();
    observed["HostName"] = json!("web");
    let overridden = ask(spec, observed).owning(&["hostName"]).overriding().answer();
    assert_eq!((overridden.overrides, overridden.sets), (true, found.sets));
}

#[test]
fn what_no_parameter_can_clear_is_named() {
    let observed = json!({"HostName": "web", "Tags": [{"Key": "a", "Value": "1"}], "NtpServers": ["ntp"]});
    let owned = ["hostName", "tags/a", "tags/a/value"];
    let found = ask(json!({"ntpServers": []}), observed.clone()).owning(&owned).answer();
    assert_eq!((shown(&found.cannot_clear), found.call.is_empty()), (vec!["hostName", "ntpServers", "tags"], true));
    assert!(!found.is_settled());
    let found = ask(json!({"hostName": ""}), observed).answer();
    assert_eq!((shown(&found.cannot_clear), sent(&found)), (vec![], vec!["HostName=".to_owned()]), "an empty text can be sent");
}

#[test]
fn with_leave_to_override_everything_else_is_sent_to_clear_it() {
    let observed = json!({"HostName": "web", "Cpu": 2, "Containers": [{"Name": "nginx", "Image": "nginx:1"}], "LifecycleState": "Active"});
    let question = ask(json!({"cpu": 4}), observed.clone()).owning(&["hostName"]).overriding();
    let found = question.answer();
    assert!(found.overrides && found.cannot_clear.is_empty());
    assert_eq!(sent(&found), ["Containers.1.Image=nginx:1", "Containers.1.Name=nginx", "Cpu=4"]);
    let mut unknown = observed;
    unknown["NewFeature"] = json!("on");
    let found = Ask { observed: unknown, ..question }.answer();
    assert_eq!((found.overrides, shown(&found.cannot_merge), shown(&found.cannot_clear)), (false, vec!["NewFeature"], vec!["hostName"]));
    assert_eq!(sent(&found), ["Cpu=4"], "what can be said is said");
}

#[test]
fn what_the_cloud_puts_in_again_is_cleared_and_what_it_is_never_without_stays() {
    let observed = json!({"RestartPolicy": "Never", "SecurityGroupId": "sg-1", "HostName": "web", "SpotStrategy": "NoSpot"});
    let question = ask(json!({}), observed).owning(&["hostName", "restartPolicy", "securityGroupId", "spotStrategy"]).overriding();
    let found = question.answer();
    assert_eq!(
        (sent(&found), shown(&found.cannot_clear)),
        (vec!["SecurityGroupId=sg-1".into(), "SpotStrategy=NoSpot".into()], vec!["securityGroupId"])
    );
    let after = json!({"RestartPolicy": "Always", "SecurityGroupId": "sg-1", "SpotStrategy": "NoSpot"});
    let found = Ask { observed: after, ..question }.answer();
    assert!(found.call.is_empty() && found.changes.is_empty(), "{:?}", said(&found));
}

#[test]
fn a_field_that_nobody_knows_keeps_its_list_from_being_sent() {
    let mut observed = two_containers();
    observed["Containers"][1]["BrandNew"] = json!({"Mode": "x"});
    let spec = json!({"cpu": 2, "containers": [{"name": "nginx", "image": "nginx:2"}]});
    let found = ask(spec.clone(), observed.clone()).answer();
    assert_eq!(
        (shown(&found.cannot_merge), sent(&found)),
        (
            vec!["containers[sidecar].BrandNew"],
            vec!["Cpu=2".to_owned(), "ScalingConfigurationName=web".to_owned(), "SecurityGroupId=sg-1".to_owned()]
        )
    );
    let found = ask(spec, observed).exclusively().answer();
    assert!(found.cannot_merge.is_empty(), "its container is to go");
}

#[test]
fn exclusively_means_that_exactly_what_is_not_named_goes() {
    let spec = json!({"containers": [{"name": "nginx", "image": "nginx:1"}]});
    let mut observed = two_containers();
    observed["Containers"][0]["LivenessProbePeriodSeconds"] = json!(10);
    observed["InitContainers"] = json!([{"Name": "warm", "Image": "warm:1"}]);
    let found = ask(spec, observed).exclusively().answer();
    let expected = [
        "containers[nginx].cpu: 0.5 -> (absent)",
        "containers[nginx].environmentVars[A]: (present) -> (absent)",
        "containers[sidecar]: (present) -> (absent)",
    ];
    assert_eq!(said(&found), expected, "neither what the document says anyway, nor a list of which spec says nothing");
}

#[test]
fn passwords_are_sent_when_they_have_changed_and_never_compared() {
    let spec = json!({"imageRegistryCredentials": [{"server": "r", "userName": "u", "password": "new"}]});
    let observed = |others: Json| json!({"ImageRegistryCredentials": [{"Server": "r", "UserName": "u", "Password": "new"}, others]});
    let other = json!({"Server": "other", "UserName": "o", "Password": "theirs"});
    let path = "imageRegistryCredentials[r].password";
    let found = ask(spec.clone(), observed(other.clone())).answer();
    assert_eq!(said(&found), [format!("{path}: (hidden) -> (hidden)")]);
    assert!(sent(&found).contains(&"ImageRegistryCredentials.2.Password=theirs".to_owned()));
    assert!(ask(spec.clone(), observed(other)).having_sent(&[path]).answer().is_settled());
    for shown_as in [json!("******"), json!(""), Json::Null] {
        let found = ask(spec.clone(), observed(json!({"Server": "other", "Password": shown_as}))).answer();
        assert_eq!((shown(&found.cannot_merge), found.call.is_empty()), (vec!["imageRegistryCredentials[other].password"], true));
    }
}

#[test]
fn a_login_that_was_ours_goes_whether_the_cloud_shows_its_password_or_not() {
    for shown_as in [json!("p"), json!("******"), Json::Null] {
        let observed = json!({"ImageRegistryCredentials": [
            {"Server": "r", "UserName": "u", "Password": shown_as}, {"Server": "other", "UserName": "o", "Password": "theirs"},
        ]});
        let owned = ["imageRegistryCredentials/r/password", "imageRegistryCredentials/r/userName"];
        let found = ask(json!({}), observed).owning(&owned).answer();
        assert_eq!(said(&found), ["imageRegistryCredentials[r]: (present) -> (absent)"]);
        assert_eq!(sent(&found).len(), 3, "{:?}", sent(&found));
    }
}

#[test]
fn init_containers_that_spec_names_run_in_its_order() {
    let observed = json!({"InitContainers": [{"Name": "theirs"}, {"Name": "b"}, {"Name": "a"}]});
    let named = |names: &[&str]| json!({"initContainers": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()});
    let order = |found: &Difference| -> Vec<String> {
        found.call.entries("initContainers").iter().map(|item| item.text("name").unwrap().to_owned()).collect()
    };
    let found = ask(named(&["a", "b"]), observed.clone()).answer();
    assert_eq!(
        (said(&found), order(&found)),
        (vec!["initContainers: b, a -> a, b".to_owned()], vec!["theirs".into(), "a".into(), "b".into()])
    );
    assert!(ask(named(&["b", "a"]), observed.clone()).answer().is_settled());
    let twice = json!({"InitContainers": [{"Name": "b"}, {"Name": "a"}, {"Name": "b"}]});
    assert_eq!(order(&ask(named(&["a", "b"]), twice).answer()), ["a", "b", "b"]);
    assert!(ask(named(&["a", "b"]), json!({"InitContainers": [{"Name": "a"}, {"Name": "b"}, {"Name": "b"}]})).answer().is_settled());
    let found = ask(named(&["new", "b", "a"]), observed).answer();
    assert_eq!(order(&found), ["theirs", "new", "b", "a"]);
}

#[test]
fn pairs_travel_together_and_the_required_fields_with_all() {
    let observed = json!({"ScalingConfigurationName": "web", "Description": "d", "SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": 0.02, "Memory": 4});
    let found = ask(json!({"spotPriceLimit": 0.03}), observed).answer();
    assert_eq!(sent(&found), ["Description=d", "ScalingConfigurationName=web", "SpotPriceLimit=0.03", "SpotStrategy=SpotWithPriceLimit"]);
}

#[test]
fn what_was_sent_is_ours_once_it_is_seen_and_no_longer_when_it_is_gone() {
    let spec = json!({"cpu": 2, "hostName": "web"});
    let sent = paths(&["cpu", "hostName"]);
    let half = ask(spec, json!({"Cpu": 2, "HostName": "old"})).answer();
    assert_eq!(half.owned(&Paths::default(), &sent), paths(&["cpu"]));
    let owned = paths(&["containers/nginx/image", "containers/old", "containers/old/image"]);
    let spec = json!({"containers": [{"name": "nginx", "image": "nginx:1"}]});
    let there = ask(spec.clone(), json!({"Containers": [{"Name": "nginx", "Image": "nginx:1"}, {"Name": "old", "Image": "x"}]}));
    let there = there.owning(&["containers/nginx/image", "containers/old", "containers/old/image"]).answer();
    assert_eq!(there.owned(&owned, &Paths::default()), owned, "it has not gone yet");
    let gone = ask(spec, json!({"Containers": [{"Name": "nginx", "Image": "nginx:1"}]})).answer();
    assert_eq!(gone.owned(&owned, &Paths::default()), paths(&["containers/nginx/image"]));
}

#[test]
fn what_the_vendor_calls_unavailable_is_ours_as_long_as_it_is_there() {
    let there = ask(json!({"containers": []}), json!({"Cpu": 1, "SlsEnable": true})).owning(&["enableSls"]);
    let owned = paths(&["enableSls"]);
    assert_eq!(there.clone().overriding().answer().owned(&owned, &Paths::default()), owned, "nothing was sent yet");
    let gone = Ask { observed: json!({"Cpu": 1}), ..there };
    assert_eq!(gone.answer().owned(&owned, &Paths::default()), Paths::default());
    let unseen = ask(json!({"enableSls": true}), json!({})).answer();
    assert_eq!(unseen.owned(&Paths::default(), &owned), owned, "it was sent, and nobody waits for it");
}

#[test]
fn what_the_vendor_calls_unavailable_and_cannot_be_cleared_is_nobodys_trouble() {
    let observed = json!({"Description": "d", "HostName": "web"});
    let found = ask(json!({"enableSls": true}), observed.clone()).owning(&["description"]).answer();
    assert_eq!((shown(&found.unavailable), shown(&found.cannot_clear)), (vec!["enableSls"], vec!["description"]));
    assert!(found.is_settled() && found.stuck().next().is_none());
    let found = ask(json!({}), observed).owning(&["description", "hostName"]).answer();
    assert_eq!((found.is_settled(), found.stuck().map(Path::as_str).collect::<Vec<_>>()), (false, vec!["hostName"]));
}

#[test]
fn drift_of_what_was_set_by_hand_inside_our_own_container_is_nobody_elses_business() {
    let observed = json!({"Containers": [{"Name": "ours", "Image": "x", "EnvironmentVars": [{"Key": "BY_HAND", "Value": "1"}]}]});
    let spec = json!({"containers": [{"name": "ours", "image": "x"}]});
    assert!(ask(spec, observed).owning(&["containers/ours", "containers/ours/image"]).answer().is_settled());
}

#[test]
fn a_zero_that_spec_sets_is_sent_where_none_is_seen_and_once_sent_it_is_so_until_something_else_is_seen() {
    let spec =
        json!({"terminationGracePeriodSeconds": 0, "containers": [{"name": "nginx", "securityContext": {"runAsUser": 0}, "gpu": 0}]});
    let all = ["containers[nginx].gpu", "containers[nginx].securityContext.runAsUser", "terminationGracePeriodSeconds"];
    let ours = ["containers/nginx/gpu", "containers/nginx/securityContext.runAsUser", "terminationGracePeriodSeconds"];
    for shown in [json!({"Name": "nginx"}), json!({"Name": "nginx", "Gpu": 0, "SecurityContextRunAsUser": null})] {
        let cloud = json!({"Containers": [shown], "TerminationGracePeriodSeconds": 0});
        let found = ask(spec.clone(), cloud.clone()).answer();
        assert_eq!(said(&found), all.map(|path| format!("{path}: (absent) -> 0")));
        assert!(found.changes.iter().all(|change| change.unseen));
        assert_eq!(found.sets, paths(&ours));
        assert!(sent(&found).contains(&"TerminationGracePeriodSeconds=0".to_owned()), "{:?}", sent(&found));
        let after = ask(spec.clone(), cloud).owning(&ours).answer();
        assert_eq!((after.is_settled(), after.owned(&paths(&ours), &Paths::default())), (true, paths(&ours)));
    }
    let found = ask(spec, json!({"Containers": [{"Name": "nginx", "Gpu": 1}], "TerminationGracePeriodSeconds": 30})).owning(&ours).answer();
    assert_eq!(said(&found), [format!("{}: 1 -> 0", all[0]), format!("{}: 30 -> 0", all[2])]);
    let root = json!({"InitContainers": [{"Name": "a", "SecurityContextRunAsUser": "0"}]});
    let spec = json!({"initContainers": [{"name": "a", "securityContext": {"runAsUser": 0}}]});
    assert!(ask(spec, root).answer().is_settled(), "here it can be seen");
}

#[test]
fn an_entry_is_found_whichever_way_the_cloud_writes_its_key() {
    let spec = json!({"containers": [{"name": "nginx", "volumeMounts": [{"mountPath": "/data/", "name": "v"}, {"mountPath": "/", "name": "w"}],
        "ports": [{"port": 80, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]}]});
    let cloud = json!({"Containers": [{"Name": "nginx", "VolumeMounts": [{"MountPath": "/data", "Name": "v"}, {"MountPath": "/", "Name": "w"}],
        "Ports": [{"Port": 80, "Protocol": "tcp"}, {"Port": 53, "Protocol": "udp"}]}]});
    let found = ask(spec.clone(), cloud).answer();
    assert!(found.is_settled() && found.call.is_empty(), "{:?}", said(&found));
    let other = json!({"Containers": [{"Name": "nginx", "VolumeMounts": [{"MountPath": "/data", "Name": "other"}, {"MountPath": "/", "Name": "w"}],
        "Ports": [{"Port": 80, "Protocol": "tcp"}, {"Port": 53, "Protocol": "udp"}]}]});
    let found = ask(spec, other).answer();
    assert_eq!(said(&found), ["containers[nginx].volumeMounts[/data].name: other -> v"]);
    assert_eq!(found.call.entries("containers")[0].entries("volumeMounts").len(), 2);
}

#[test]
fn of_an_entry_that_was_sent_and_comes_back_under_another_key_there_is_never_more_than_one_more() {
    let spec = json!({"tags": [{"key": "Team", "value": "a"}]});
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    let cloud = json!({"Tags": [tag("team", "a"), tag("team", "a"), tag("team", "b"), tag("b", "b"), tag("b", "b"), tag("team", "a")]});
    let call = |ask: Ask| -> Vec<String> {
        let found = ask.answer();
        let tags = found.call.entries("tags");
        tags.iter().map(|tag| format!("{}={}", tag.text("key").unwrap(), tag.text("value").unwrap())).collect()
    };
    let sent = call(ask(spec.clone(), cloud.clone()).owning(&["tags/Team"]));
    assert_eq!(sent, ["team=a", "team=b", "b=b", "b=b", "Team=a"], "nothing is lost but what is there twice in the same words");
    assert_eq!(call(ask(spec, cloud)).len(), 7, "what steward did not send is none of its copies");
}

#[test]
fn a_volume_of_ours_stays_as_it_is_as_long_as_somebody_elses_container_mounts_it() {
    let mount = |volume: &str| json!([{"Name": volume, "MountPath": "/m"}]);
    let cloud = |containers: Json| json!({"Volumes": [{"Name": "v", "Type": "EmptyDirVolume"}, {"Name": "w"}], "Containers": containers});
    let foreign = || cloud(json!([{"Name": "a", "Image": "a"}, {"Name": "theirs", "VolumeMounts": mount("v")}]));
    let ours: [&[&str]; 2] = [&["volumes/v", "volumes/v/type"], &["volumes/v/type"]];
    for owned in ours {
        let found = ask(json!({"containers": [{"name": "a", "image": "b"}]}), foreign()).owning(owned).answer();
        assert_eq!((shown(&found.cannot_clear), said(&found).len()), (vec!["volumes[v]"], 1), "{owned:?}");
        let (volume, holder) = &found.mounted[0];
        assert_eq!((volume.as_str(), holder.as_str()), ("volumes[v]", "containers[theirs]"));
        assert_eq!(found.owned(&paths(owned), &Paths::default()), paths(owned), "it goes as soon as it can");
        let volumes = found.merged.entries("volumes");
        assert_eq!((volumes.len(), volumes[0].text("type")), (2, Some("EmptyDirVolume")));
    }
    let goes =
        |spec: Json, cloud: Json, owned: &[&'static str]| ask(spec, cloud).owning(owned).answer().merged.entries("volumes").len() == 1;
    assert!(goes(json!({}), cloud(json!([{"Name": "a"}])), ours[0]), "nobody mounts it");
    let own = cloud(json!([{"Name": "a"}, {"Name": "b", "VolumeMounts": mount("v")}]));
    assert!(goes(json!({}), own.clone(), &["containers/b", "volumes/v"]), "the container goes with it");
    let mounted = cloud(json!([{"Name": "a", "VolumeMounts": mount("v")}]));
    assert!(!goes(json!({}), mounted.clone(), &["volumes/v"]), "the mount is not ours");
    let spec = json!({"containers": [{"name": "a", "volumeMounts": [{"mountPath": "/m/", "name": "v"}]}]});
    assert!(goes(spec, mounted, &["volumes/v"]), "spec contradicts itself, and is refused");
    // A container that should go and cannot keeps its volume.
    let only = cloud(json!([{"Name": "b", "VolumeMounts": mount("v")}]));
    assert!(!goes(json!({}), only.clone(), &["containers/b", "volumes/v"]));
    assert_eq!(ask(json!({}), only).owning(&["containers/b", "volumes/v"]).overriding().answer().merged.entries("volumes").len(), 1);
}

#[test]
fn the_type_of_a_volume_is_the_same_in_any_case() {
    let found =
        ask(json!({"volumes": [{"name": "v", "type": "NFSVolume"}]}), json!({"Volumes": [{"Name": "v", "Type": "nfsVolume"}]})).answer();
    assert!(found.is_settled() && found.call.is_empty(), "{:?}", said(&found));
}
