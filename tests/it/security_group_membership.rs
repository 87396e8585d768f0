//! Stories of SecurityGroupMembership: what people do, what the cloud does, what comes of it.

use crate::world::World;
use serde_json::json;
use std::time::Duration;

const SEED: &str = "
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}, {id: sg-db, vpc: vpc-1}]
instances:
  - {id: i-1, groups: [sg-base]}
  - {id: i-2, groups: [sg-base]}
  - {id: i-3, groups: [sg-base, sg-web]}
";

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

#[test]
fn who_is_missing_joins() {
    let mut world = World::new(SEED);
    world.membership("web", &json!({"securityGroupId": "sg-web", "targets": {"instanceIds": ["i-1", "i-2"]}}));
    world.start();
    world.until_ready("web", "True/InSync");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base", "sg-web"]);
    assert_eq!(world.cloud.groups_of("i-2"), ["sg-base", "sg-web"]);
    assert_eq!(world.ledger("web"), ["i-1=Added", "i-2=Added"]);
    assert_eq!(world.calls("JoinSecurityGroup"), 2);
}
