//! The client against a server on loopback that answers from a script: what goes out, which answers are believed, and that nothing of a
//! configuration is in the log.

use super::configuration::{CONFIGURATION, Source};
use super::*;
use crate::cloud::alibaba::scripted::{self, Log, Script, pairs, refused};
use futures::future::join_all;
use serde_json::{Value, json};

async fn a_cloud(replies: impl IntoIterator<Item = (u16, Value)>) -> (Ess, Arc<Script>) {
    let (alibaba, script) = scripted::cloud(replies).await;
    (alibaba.ess("1", "cn-qingdao", Lane::Edit), script)
}

fn ids(range: std::ops::RangeInclusive<u32>) -> Vec<String> {
    range.map(|number| format!("asc-{number:03}")).collect()
}

/// A page with these configurations, of so many in all.
fn a_page(ids: &[String], total: Option<usize>, size: Option<usize>) -> (u16, Value) {
    let entries: Vec<Value> = ids.iter().map(|id| json!({"ScalingConfigurationId": id, "ScalingGroupId": "asg-1"})).collect();
    (200, json!({"RequestId": "R", "TotalCount": total, "PageSize": size, "ScalingConfigurations": entries}))
}

fn found(listed: Result<Vec<ScalingConfiguration>, CloudError>) -> Result<Vec<String>, &'static str> {
    listed.map(|listed| listed.into_iter().map(|found| found.id).collect()).map_err(|error| error.meaning)
}

fn an_item() -> Item {
    let spec = json!({
        "cpu": 0.5,
        "containers": [{"name": "web", "securityContext": {"capability": {"adds": ["NET_RAW"]}},
                        "environmentVars": [{"key": "K", "value": "canary-environment"}]}],
        "imageRegistryCredentials": [{"server": "r.example", "userName": "u", "password": "canary-password"}],
    });
    Item::read(&spec, CONFIGURATION, Source::Spec)
}

#[tokio::test]
async fn ids_that_are_asked_for_at_once_are_one_call_on_one_page() {
    let (ess, script) = a_cloud([a_page(&ids(1..=9), Some(9), Some(50))]).await;
    let asked = ids(1..=10);
    let read = join_all(asked.iter().map(|id| ess.configuration(id))).await;
    let read: Vec<Option<String>> = read.into_iter().map(|read| read.unwrap().map(|found| found.id)).collect();
    assert_eq!(read, ids(1..=9).into_iter().map(Some).chain([None]).collect::<Vec<_>>());
    let seen = script.seen.lock().unwrap();
    let [(action, version, query, body)] = seen.as_slice() else { unreachable!("one call: {seen:?}") };
    assert_eq!((action.as_str(), version.as_str()), ("DescribeEciScalingConfigurations", "2022-02-22"));
    assert_eq!((query["RegionId"].as_str(), query["PageSize"].as_str()), ("cn-qingdao", "50"));
    assert_eq!((query["ScalingConfigurationIds.10"].as_str(), query.len(), body.len()), ("asc-010", 12, 0));
}

#[tokio::test]
async fn a_group_is_read_and_one_that_is_refused_by_its_id_is_none() {
    let group = json!({"ScalingGroupId": "asg-1", "ScalingGroupName": "g", "GroupType": "ECI", "LifecycleState": "Active",
                       "ActiveScalingConfigurationId": "asc-1", "MinSize": 0});
    let answers = [(200, json!({"RequestId": "R", "ScalingGroups": [group]})), refused(404, "InvalidScalingGroupId.NotFound")];
    let (ess, script) = a_cloud(answers).await;
    let read = ess.scaling_group("asg-1").await.unwrap().unwrap();
    assert_eq!((read.name.as_str(), read.group_type.as_str(), read.active_configuration.as_str()), ("g", "ECI", "asc-1"));
    assert_eq!(ess.scaling_group("asg-2").await.unwrap(), None);
    let expected = pairs(&[("RegionId", "cn-qingdao"), ("ScalingGroupIds.1", "asg-2"), ("PageSize", "50")]);
    assert_eq!(script.seen.lock().unwrap()[1].2, expected);
}

#[tokio::test]
async fn a_listing_is_every_page_of_it_or_an_error() {
    let all = |count| Ok(ids(1..=count));
    let page = |from, to, total, size| a_page(&ids(from..=to), total, size);
    let table = [
        ("nothing", vec![a_page(&[], Some(0), Some(50))], Ok(Vec::new())),
        ("a page that is not full", vec![page(1, 3, None, None)], all(3)),
        ("a full page that is all", vec![page(1, 50, Some(50), Some(50))], all(50)),
        ("two pages", vec![page(1, 50, Some(60), Some(50)), page(51, 60, Some(60), Some(50))], all(60)),
        ("two pages that nobody counted", vec![page(1, 50, None, None), page(51, 60, None, None)], all(60)),
        ("a count that is too low", vec![page(1, 50, Some(3), Some(50)), page(51, 60, Some(3), Some(50))], all(60)),
        ("pages that are shorter than asked for", vec![page(1, 10, Some(12), Some(10)), page(11, 12, Some(12), Some(10))], all(12)),
        ("a short page although there are more", vec![page(1, 3, Some(5), Some(50)), page(4, 5, Some(5), Some(50))], all(5)),
        ("more counted than shown", vec![page(1, 3, Some(5), Some(50)), a_page(&[], Some(5), Some(50))], Err(MOVED.meaning)),
        (
            "one that slipped to the next page, for a new one before it",
            vec![page(1, 50, Some(60), Some(50)), page(50, 60, Some(61), Some(50)), a_page(&[], Some(61), Some(50))],
            Err(MOVED.meaning),
        ),
        (
            "one that slipped to the page before",
            vec![page(1, 50, Some(60), Some(50)), page(52, 60, Some(59), Some(50))],
            Err(MOVED.meaning),
        ),
        ("the same page again", vec![page(1, 50, Some(60), Some(50)), page(1, 50, Some(60), Some(50))], Err(ENDLESS.meaning)),
        ("pages without end", (0..50).map(|n| page(n * 50 + 1, n * 50 + 50, None, None)).collect(), Err(ENDLESS.meaning)),
    ];
    for (name, replies, expected) in table {
        let calls = replies.len();
        let (ess, script) = a_cloud(replies).await;
        assert_eq!(found(ess.configurations_of("asg-1").await), expected, "{name}");
        let seen = script.seen.lock().unwrap();
        let number = calls.to_string();
        let expected = [("RegionId", "cn-qingdao"), ("ScalingGroupId", "asg-1"), ("PageNumber", number.as_str()), ("PageSize", "50")];
        assert_eq!((seen.len(), &seen[calls - 1].2), (calls, &pairs(&expected)), "{name}");
    }
}

#[tokio::test]
async fn half_a_listing_is_an_error() {
    let denied = refused(403, "Forbidden.RAM");
    let (ess, _) = a_cloud([a_page(&ids(1..=50), Some(60), Some(50)), denied]).await;
    assert_eq!(ess.configurations_of("asg-1").await.unwrap_err().class, Class::Denied);
    let nameless = (200, json!({"RequestId": "R", "ScalingConfigurations": [{"ScalingConfigurationId": "asc-1"}, {"Cpu": 1}]}));
    let (ess, _) = a_cloud([nameless]).await;
    assert!(ess.configuration("asc-1").await.is_err());
}

#[tokio::test]
async fn a_configuration_goes_in_the_body_by_the_names_of_the_operation() {
    let (ess, script) = a_cloud([
        (200, json!({"RequestId": "R-1"})),
        (200, json!({"RequestId": "R-2"})),
        (200, json!({"RequestId": "R-3", "ScalingConfigurationId": "asc-9"})),
    ])
    .await;
    let modified = ess.modify_eci_scaling_configuration("asc-1", &an_item(), false).await.unwrap();
    assert_eq!(modified.request_id, "R-1");
    ess.modify_eci_scaling_configuration("asc-1", &an_item(), true).await.unwrap();
    let created = ess.create_eci_scaling_configuration("asg-1", &an_item()).await.unwrap();
    assert_eq!((created.request_id.as_str(), created.id.as_str()), ("R-3", "asc-9"));
    let seen = script.seen.lock().unwrap();
    assert!(seen.iter().all(|(_, version, query, _)| version == "2022-02-22" && query.is_empty()), "{seen:?}");
    let mut expected = pairs(&[
        ("Containers.1.EnvironmentVars.1.Key", "K"),
        ("Containers.1.EnvironmentVars.1.Value", "canary-environment"),
        ("Containers.1.Name", "web"),
        ("Containers.1.SecurityContext.Capability.Adds.1", "NET_RAW"),
        ("Cpu", "0.5"),
        ("ImageRegistryCredentials.1.Password", "canary-password"),
        ("ImageRegistryCredentials.1.Server", "r.example"),
        ("ImageRegistryCredentials.1.UserName", "u"),
        ("ScalingConfigurationId", "asc-1"),
    ]);
    assert_eq!((seen[0].0.as_str(), &seen[0].3), ("ModifyEciScalingConfiguration", &expected));
    expected.insert("Override".to_owned(), "true".to_owned());
    assert_eq!(seen[1].3, expected);
    assert_eq!((seen[2].0.as_str(), seen[2].3["ScalingGroupId"].as_str()), ("CreateEciScalingConfiguration", "asg-1"));
    assert_eq!(seen[2].3["Containers.1.SecurityContext.Capability.Add.1"], "NET_RAW");
    assert_eq!(seen[2].3.len(), 9);
}

#[tokio::test]
async fn a_create_whose_answer_was_not_understood_is_not_repeated_and_may_have_acted() {
    for answer in
        [(200, json!({"RequestId": "R"})), (200, json!({"RequestId": "R", "ScalingConfigurationId": ""})), refused(500, "InternalError")]
    {
        let (ess, script) = a_cloud([answer]).await;
        let error = ess.create_eci_scaling_configuration("asg-1", &an_item()).await.unwrap_err();
        assert_eq!((error.acted, script.seen.lock().unwrap().len()), (Acted::Perhaps, 1));
    }
}

#[tokio::test]
async fn what_is_gone_is_deleted_and_what_is_in_use_is_not() {
    let gone = || refused(404, "InvalidScalingConfigurationId.NotFound");
    let table = [
        (vec![(200, json!({"RequestId": "R-1"}))], Ok((Some("R-1"), true))),
        (vec![gone()], Ok((Some("R-refused"), false))),
        // The first attempt may have been the one that did it.
        (vec![refused(503, "ServiceUnavailable"), gone()], Ok((Some("R-refused"), true))),
        (vec![refused(400, "InstanceInUse")], Err(Class::Precondition)),
        (vec![refused(400, "IncorrectScalingConfigurationLifecycleState")], Err(Class::Precondition)),
    ];
    for (replies, expected) in table {
        let (ess, script) = a_cloud(replies).await;
        let deleted = ess.delete_eci_scaling_configuration("asc-1").await;
        let told = deleted.as_ref().map(|deleted| (deleted.request_id.as_deref(), deleted.existed)).map_err(|error| error.class);
        assert_eq!(told, expected);
        let sent = pairs(&[("RegionId", "cn-qingdao"), ("ScalingConfigurationId", "asc-1")]);
        assert_eq!(script.seen.lock().unwrap()[0].2, sent);
    }
    // Who wants to change it is told that it is not there.
    let (ess, _) = a_cloud([gone()]).await;
    assert_eq!(ess.modify_eci_scaling_configuration("asc-1", &an_item(), false).await.unwrap_err().class, Class::NotFound);
}

#[tokio::test]
async fn nothing_of_a_configuration_is_logged_when_the_cloud_repeats_it() {
    let (log, _listening) = Log::listening().await;
    let echo = |status: u16| {
        let message = "cannot use canary-password, nor K: canary-environment; e.g. canary-env is no word of ours";
        (status, json!({"RequestId": "R-1", "Code": "InvalidParamter", "Message": message}))
    };
    let (ess, _) = a_cloud([echo(400), echo(400), (400, json!({"RequestId": "R-2", "Code": "Told", "Message": "of a read"}))]).await;
    let modified = ess.modify_eci_scaling_configuration("asc-1", &an_item(), false).await.unwrap_err();
    let created = ess.create_eci_scaling_configuration("asg-1", &an_item()).await.unwrap_err();
    ess.delete_eci_scaling_configuration("asc-1").await.unwrap_err();
    let text = format!("{} {modified:?} {created:?} {:?}", String::from_utf8(log.0.lock().unwrap().clone()).unwrap(), an_item());
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("R-1") && text.contains("InvalidParamter"), "the code and the request id are there: {text}");
    assert!(text.contains("of a read"), "the words about what is no secret are there: {text}");
}
