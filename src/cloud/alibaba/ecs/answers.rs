//! What ECS answers, as plain values. Read leniently: a field that is missing or null is empty, because the vendor leaves out what
//! does not apply, and adds what nobody knows yet.

use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// An instance, as far as steward looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    pub id: String,
    /// `Pending`, `Starting`, `Running`, `Stopping`, `Stopped`.
    pub status: String,
    /// `linux` or `windows`.
    pub os_type: String,
    pub region: String,
    pub zone: String,
    /// `vpc` or `classic`.
    pub network_type: String,
    pub vpc: String,
    pub vswitch: String,
    pub groups: Vec<String>,
    pub interfaces: Vec<AttachedInterface>,
    pub tags: BTreeMap<String, String>,
    pub resource_group: String,
    /// Why the instance is locked: `financial`, `security`, `recycling` and others; empty if it is not.
    pub locks: Vec<String>,
    pub creation_time: String,
}

/// An interface, seen from its instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedInterface {
    pub id: String,
    pub primary: bool,
}

/// A network interface, as far as steward looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkInterface {
    pub id: String,
    /// `Available`, `Attaching`, `InUse`, `Detaching`, `Deleting`.
    pub status: String,
    pub primary: bool,
    /// The instance it is attached to; empty if to none.
    pub instance: String,
    pub zone: String,
    pub vpc: String,
    pub vswitch: String,
    pub groups: Vec<String>,
    /// A cloud service owns it, and nobody else may change it.
    pub service_managed: bool,
    pub tags: BTreeMap<String, String>,
    pub resource_group: String,
}

/// A security group, as far as steward looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityGroup {
    pub id: String,
    pub name: String,
    /// `normal` or `enterprise`.
    pub kind: String,
    /// Empty for a group of the classic network.
    pub vpc: String,
    /// A cloud service owns it, and nobody else may change it.
    pub service_managed: bool,
    pub tags: BTreeMap<String, String>,
    pub resource_group: String,
}

/// One page of instances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeInstancesResponse {
    pub request_id: String,
    #[serde(default)]
    pub next_token: Option<String>,
    #[serde(default, deserialize_with = "instances")]
    pub instances: Vec<Instance>,
}

/// One page of network interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeNetworkInterfacesResponse {
    pub request_id: String,
    #[serde(default)]
    pub next_token: Option<String>,
    #[serde(default, rename = "NetworkInterfaceSets", deserialize_with = "network_interfaces")]
    pub network_interfaces: Vec<NetworkInterface>,
}

/// One page of security groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeSecurityGroupsResponse {
    pub request_id: String,
    #[serde(default)]
    pub next_token: Option<String>,
    #[serde(default, deserialize_with = "security_groups")]
    pub security_groups: Vec<SecurityGroup>,
}

/// The answer of an operation that only says that it did it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Done {
    pub(super) request_id: String,
}

fn instances<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Instance>, D::Error> {
    let RawInstances { instance } = or_default(deserializer)?;
    // Nothing can be looked up, joined or left by an entry without an id.
    Ok(instance.into_iter().filter(|raw| !raw.instance_id.is_empty()).map(Instance::from).collect())
}

fn network_interfaces<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<NetworkInterface>, D::Error> {
    let RawInterfaces { network_interface_set } = or_default(deserializer)?;
    let named = network_interface_set.into_iter().filter(|raw| !raw.network_interface_id.is_empty());
    Ok(named.map(NetworkInterface::from).collect())
}

fn security_groups<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SecurityGroup>, D::Error> {
    let RawGroups { security_group } = or_default(deserializer)?;
    Ok(security_group.into_iter().filter(|raw| !raw.security_group_id.is_empty()).map(SecurityGroup::from).collect())
}

/// Null counts as absent.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// One field of the vendor's, null or absent or there.
macro_rules! raw {
    ($(#[$meta:meta])* struct $name:ident { $($(#[$named:meta])* $field:ident: $kind:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        struct $name {
            $($(#[$named])* #[serde(deserialize_with = "or_default")] $field: $kind,)*
        }
    };
}

raw! { struct RawInstances { instance: Vec<RawInstance> } }
raw! { struct RawInterfaces { network_interface_set: Vec<RawInterface> } }
raw! { struct RawGroups { security_group: Vec<RawGroup> } }
raw! { struct RawTags { tag: Vec<RawTag> } }
raw! { struct RawTag { tag_key: String, tag_value: String } }
raw! { struct RawGroupIds { security_group_id: Vec<String> } }
raw! { struct RawVpc { vpc_id: String, v_switch_id: String } }
raw! { struct RawLocks { lock_reason: Vec<RawLock> } }
raw! { struct RawLock { lock_reason: String } }
raw! { struct RawAttachment { instance_id: String } }
raw! { struct RawAttachedInterfaces { network_interface: Vec<RawAttachedInterface> } }

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RawAttachedInterface {
    #[serde(deserialize_with = "or_default")]
    network_interface_id: String,
    #[serde(rename = "Type", deserialize_with = "or_default")]
    kind: String,
}

raw! {
    struct RawInstance {
        instance_id: String,
        status: String,
        #[serde(rename = "OSType")]
        os_type: String,
        region_id: String,
        zone_id: String,
        instance_network_type: String,
        vpc_attributes: RawVpc,
        security_group_ids: RawGroupIds,
        network_interfaces: RawAttachedInterfaces,
        tags: RawTags,
        resource_group_id: String,
        operation_locks: RawLocks,
        creation_time: String,
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RawInterface {
    #[serde(deserialize_with = "or_default")]
    network_interface_id: String,
    #[serde(deserialize_with = "or_default")]
    status: String,
    #[serde(rename = "Type", deserialize_with = "or_default")]
    kind: String,
    #[serde(deserialize_with = "or_default")]
    instance_id: String,
    #[serde(deserialize_with = "or_default")]
    attachment: RawAttachment,
    #[serde(deserialize_with = "or_default")]
    zone_id: String,
    #[serde(deserialize_with = "or_default")]
    vpc_id: String,
    #[serde(deserialize_with = "or_default")]
    v_switch_id: String,
    #[serde(deserialize_with = "or_default")]
    security_group_ids: RawGroupIds,
    #[serde(deserialize_with = "or_default")]
    service_managed: bool,
    #[serde(deserialize_with = "or_default")]
    tags: RawTags,
    #[serde(deserialize_with = "or_default")]
    resource_group_id: String,
}

raw! {
    struct RawGroup {
        security_group_id: String,
        security_group_name: String,
        security_group_type: String,
        vpc_id: String,
        service_managed: bool,
        tags: RawTags,
        resource_group_id: String,
    }
}

impl From<RawTags> for BTreeMap<String, String> {
    fn from(raw: RawTags) -> Self {
        raw.tag.into_iter().map(|tag| (tag.tag_key, tag.tag_value)).collect()
    }
}

impl From<RawInstance> for Instance {
    fn from(raw: RawInstance) -> Self {
        let interfaces = raw.network_interfaces.network_interface.into_iter();
        Self {
            id: raw.instance_id,
            status: raw.status,
            os_type: raw.os_type,
            region: raw.region_id,
            zone: raw.zone_id,
            network_type: raw.instance_network_type,
            vpc: raw.vpc_attributes.vpc_id,
            vswitch: raw.vpc_attributes.v_switch_id,
            groups: raw.security_group_ids.security_group_id,
            interfaces: interfaces.map(|raw| AttachedInterface { id: raw.network_interface_id, primary: raw.kind == "Primary" }).collect(),
            tags: raw.tags.into(),
            resource_group: raw.resource_group_id,
            locks: raw.operation_locks.lock_reason.into_iter().map(|lock| lock.lock_reason).collect(),
            creation_time: raw.creation_time,
        }
    }
}

impl From<RawInterface> for NetworkInterface {
    fn from(raw: RawInterface) -> Self {
        Self {
            id: raw.network_interface_id,
            status: raw.status,
            primary: raw.kind == "Primary",
            instance: if raw.instance_id.is_empty() { raw.attachment.instance_id } else { raw.instance_id },
            zone: raw.zone_id,
            vpc: raw.vpc_id,
            vswitch: raw.v_switch_id,
            groups: raw.security_group_ids.security_group_id,
            service_managed: raw.service_managed,
            tags: raw.tags.into(),
            resource_group: raw.resource_group_id,
        }
    }
}

impl From<RawGroup> for SecurityGroup {
    fn from(raw: RawGroup) -> Self {
        Self {
            id: raw.security_group_id,
            name: raw.security_group_name,
            kind: raw.security_group_type,
            vpc: raw.vpc_id,
            service_managed: raw.service_managed,
            tags: raw.tags.into(),
            resource_group: raw.resource_group_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_instance_is_read_with_everything() {
        let page: DescribeInstancesResponse = serde_json::from_value(json!({
            "RequestId": "R-1", "NextToken": "", "TotalCount": 1,
            "Instances": {"Instance": [{
                "InstanceId": "i-1", "Status": "Running", "OSType": "linux", "RegionId": "cn-hangzhou", "ZoneId": "cn-hangzhou-b",
                "InstanceNetworkType": "vpc", "VpcAttributes": {"VpcId": "vpc-1", "VSwitchId": "vsw-1", "NatIpAddress": ""},
                "SecurityGroupIds": {"SecurityGroupId": ["sg-1", "sg-2"]},
                "NetworkInterfaces": {"NetworkInterface": [
                    {"NetworkInterfaceId": "eni-1", "Type": "Primary"}, {"NetworkInterfaceId": "eni-2", "Type": "Secondary"}]},
                "Tags": {"Tag": [{"TagKey": "role", "TagValue": "web"}]},
                "ResourceGroupId": "rg-1", "OperationLocks": {"LockReason": [{"LockReason": "security"}]},
                "CreationTime": "2026-11-22T09:09Z", "SomethingNew": {"a": 1}
            }, {"Status": "Running"}]}
        }))
        .unwrap();
        let expected = Instance {
            id: "i-1".to_owned(),
            status: "Running".to_owned(),
            os_type: "linux".to_owned(),
            region: "cn-hangzhou".to_owned(),
            zone: "cn-hangzhou-b".to_owned(),
            network_type: "vpc".to_owned(),
            vpc: "vpc-1".to_owned(),
            vswitch: "vsw-1".to_owned(),
            groups: vec!["sg-1".to_owned(), "sg-2".to_owned()],
            interfaces: vec![
                AttachedInterface { id: "eni-1".to_owned(), primary: true },
                AttachedInterface { id: "eni-2".to_owned(), primary: false },
            ],
            tags: BTreeMap::from([("role".to_owned(), "web".to_owned())]),
            resource_group: "rg-1".to_owned(),
            locks: vec!["security".to_owned()],
            creation_time: "2026-11-22T09:09Z".to_owned(),
        };
        assert_eq!(page.instances, [expected]);
    }

    #[test]
    fn what_is_missing_or_null_is_empty() {
        let bare = Instance { id: "i-1".to_owned(), ..Instance::default() };
        for entry in [
            json!({"InstanceId": "i-1"}),
            json!({"InstanceId": "i-1", "Tags": null, "VpcAttributes": null, "SecurityGroupIds": {"SecurityGroupId": null},
                   "NetworkInterfaces": {}, "OperationLocks": {"LockReason": []}, "Status": null}),
        ] {
            let page: DescribeInstancesResponse =
                serde_json::from_value(json!({"RequestId": "R", "Instances": {"Instance": [entry]}})).unwrap();
            assert_eq!(page.instances, std::slice::from_ref(&bare));
        }
        for nothing in [json!({"RequestId": "R"}), json!({"RequestId": "R", "Instances": null, "NextToken": null})] {
            let page: DescribeInstancesResponse = serde_json::from_value(nothing).unwrap();
            assert!(page.instances.is_empty() && page.next_token.is_none());
        }
    }

    #[test]
    fn an_interface_and_a_group_are_read() {
        let page: DescribeNetworkInterfacesResponse = serde_json::from_value(json!({
            "RequestId": "R", "NetworkInterfaceSets": {"NetworkInterfaceSet": [
                {"NetworkInterfaceId": "eni-1", "Type": "Secondary", "Attachment": {"InstanceId": "i-1"}, "ServiceManaged": true,
                 "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]}, "VpcId": "vpc-1"}]}
        }))
        .unwrap();
        let [interface] = page.network_interfaces.as_slice() else { unreachable!("one entry, one interface") };
        assert_eq!((interface.instance.as_str(), interface.primary, interface.service_managed), ("i-1", false, true));
        assert_eq!(interface.groups, ["sg-1"]);

        let page: DescribeSecurityGroupsResponse = serde_json::from_value(json!({
            "RequestId": "R", "SecurityGroups": {"SecurityGroup": [
                {"SecurityGroupId": "sg-1", "SecurityGroupName": "web", "SecurityGroupType": "enterprise", "VpcId": "vpc-1"}]}
        }))
        .unwrap();
        let [group] = page.security_groups.as_slice() else { unreachable!("one entry, one group") };
        assert_eq!((group.id.as_str(), group.kind.as_str(), group.service_managed), ("sg-1", "enterprise", false));
    }
}
