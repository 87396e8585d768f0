//! What ESS answers, as plain values. A field may be missing; an id may not: what cannot be told apart from the others cannot be left out
//! either, or it would look like something that is gone.

use super::configuration::{CONFIGURATION, Item, Source};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What an answer says about a configuration beside what it holds.
const ABOUT: [&str; 5] = ["ScalingConfigurationId", "ScalingGroupId", "LifecycleState", "CreationTime", "RegionId"];

/// A scaling configuration, as the cloud has it. Formatted, it shows which fields are set and none of their values.
#[derive(Clone, Debug)]
pub struct ScalingConfiguration {
    pub id: String,
    pub group: String,
    /// `Active` or `Inactive`.
    pub lifecycle_state: String,
    /// To the minute.
    pub creation_time: Option<Timestamp>,
    pub configuration: Item,
}

/// A scaling group, as far as steward looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalingGroup {
    pub id: String,
    pub name: String,
    /// `ECS` or `ECI`.
    pub group_type: String,
    pub lifecycle_state: String,
    /// The id of the configuration that new instances are made from; empty if there is none.
    pub active_configuration: String,
}

/// One page of a listing.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// How many there are on all pages.
    pub(super) total: Option<usize>,
    /// How many a page may hold.
    pub(super) size: Option<usize>,
}

#[derive(Deserialize)]
#[serde(try_from = "RawConfigurations")]
pub(super) struct Configurations(pub(super) Page<ScalingConfiguration>);

#[derive(Deserialize)]
#[serde(try_from = "RawGroups")]
pub(super) struct Groups(pub(super) Page<ScalingGroup>);

/// The answer of an operation that only says that it did it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Done {
    pub(super) request_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct New {
    pub(super) request_id: String,
    #[serde(rename = "ScalingConfigurationId", deserialize_with = "id")]
    pub(super) id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawConfigurations {
    total_count: Option<usize>,
    page_size: Option<usize>,
    scaling_configurations: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawGroups {
    total_count: Option<usize>,
    page_size: Option<usize>,
    scaling_groups: Option<Vec<Value>>,
}

/// Why an answer cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("an entry has no id")]
    Nameless,
    #[error("the answer counts entries and lists none")]
    Unlisted,
}

impl TryFrom<RawConfigurations> for Configurations {
    type Error = Unreadable;

    fn try_from(raw: RawConfigurations) -> Result<Self, Unreadable> {
        page(raw.scaling_configurations, raw.total_count, raw.page_size, configuration).map(Self)
    }
}

impl TryFrom<RawGroups> for Groups {
    type Error = Unreadable;

    fn try_from(raw: RawGroups) -> Result<Self, Unreadable> {
        page(raw.scaling_groups, raw.total_count, raw.page_size, |json| group(json)).map(Self)
    }
}

fn page<T>(
    list: Option<Vec<Value>>,
    total: Option<usize>,
    size: Option<usize>,
    read: impl Fn(&mut Value) -> Option<T>,
) -> Result<Page<T>, Unreadable> {
    if list.is_none() && total.is_some_and(|total| total > 0) {
        return Err(Unreadable::Unlisted);
    }
    let items: Option<Vec<T>> = list.unwrap_or_default().iter_mut().map(read).collect();
    Ok(Page { items: items.ok_or(Unreadable::Nameless)?, total, size })
}

fn configuration(json: &mut Value) -> Option<ScalingConfiguration> {
    let fields = json.as_object_mut()?;
    // Taken out, or they would be fields of the configuration that this release does not know.
    let [id, group, lifecycle_state, created, _] =
        ABOUT.map(|name| fields.remove(name).and_then(|value| value.as_str().map(ToOwned::to_owned)).unwrap_or_default());
    (!id.is_empty()).then(|| ScalingConfiguration {
        id,
        group,
        lifecycle_state,
        creation_time: created.parse().ok(),
        configuration: Item::read(json, CONFIGURATION, Source::Answer),
    })
}

fn group(json: &Value) -> Option<ScalingGroup> {
    let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = text("ScalingGroupId");
    (!id.is_empty()).then(|| ScalingGroup {
        id,
        name: text("ScalingGroupName"),
        group_type: text("GroupType"),
        lifecycle_state: text("LifecycleState"),
        active_configuration: text("ActiveScalingConfigurationId"),
    })
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    if id.is_empty() { Err(serde::de::Error::custom(Unreadable::Nameless)) } else { Ok(id) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(answer: Value) -> Option<Page<ScalingConfiguration>> {
        serde_json::from_value::<Configurations>(answer).ok().map(|Configurations(page)| page)
    }

    #[test]
    fn a_configuration_is_what_it_holds_and_what_is_said_about_it() {
        let page = read(json!({
            "RequestId": "R", "TotalCount": 1, "PageNumber": 1, "PageSize": 10,
            "ScalingConfigurations": [{
                "ScalingConfigurationId": "asc-1", "ScalingGroupId": "asg-1", "LifecycleState": "Active", "RegionId": "cn-qingdao",
                "CreationTime": "2026-11-22T09:09Z", "ScalingConfigurationName": "web", "Brand": "new",
                "ImageRegistryCredentials": [{"Server": "r.example", "UserName": "u", "Password": "hunter2"}],
            }],
        }))
        .unwrap();
        let [found] = page.items.as_slice() else { unreachable!("one entry, one configuration") };
        assert_eq!((found.id.as_str(), found.group.as_str(), found.lifecycle_state.as_str()), ("asc-1", "asg-1", "Active"));
        assert_eq!(found.creation_time, "2026-11-22T09:09:00Z".parse().ok());
        assert_eq!(found.configuration.text("scalingConfigurationName"), Some("web"));
        assert_eq!(found.configuration.unknown().collect::<Vec<_>>(), ["Brand"], "what is said about it is no field of it");
        let shown = format!("{found:?} {found:#?}");
        assert!(shown.contains("imageRegistryCredentials"), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("web") && !shown.contains("r.example"), "{shown}");
    }

    #[test]
    fn what_is_missing_is_empty_but_for_ids() {
        for nothing in [json!({"RequestId": "R"}), json!({"RequestId": "R", "ScalingConfigurations": null, "TotalCount": 0})] {
            assert!(read(nothing).unwrap().items.is_empty());
        }
        let bare = read(json!({"ScalingConfigurations": [{"ScalingConfigurationId": "asc-1", "CreationTime": null}]})).unwrap();
        assert!(bare.items[0].configuration.is_empty() && bare.items[0].creation_time.is_none());
        for unreadable in [
            json!({"ScalingConfigurations": [{"ScalingConfigurationName": "web"}]}),
            json!({"ScalingConfigurations": [{"ScalingConfigurationId": ""}]}),
            json!({"ScalingConfigurations": [null]}),
            json!({"ScalingConfigurations": {"ScalingConfiguration": []}}),
            json!({"TotalCount": 1}),
        ] {
            assert!(read(unreadable.clone()).is_none(), "{unreadable}");
        }
        assert!(serde_json::from_value::<Groups>(json!({"ScalingGroups": [{"GroupType": "ECI"}]})).is_err());
        assert!(serde_json::from_value::<New>(json!({"RequestId": "R", "ScalingConfigurationId": ""})).is_err());
    }
}
