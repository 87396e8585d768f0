//! Fields that the vendor's document calls unavailable: sent, told, and nobody's trouble.

use super::{bound, minutes, settled};
use serde_json::json;

#[test]
fn what_the_vendor_calls_unavailable_is_sent_and_named_and_never_out_of_sync() {
    let mut world = settled(&bound(json!({"description": "ours", "cpu": 2})));
    assert_eq!(world.in_cloud("asc-1")["Description"], "ours");
    assert!(world.message("web").contains("The vendor calls description unavailable"), "{}", world.message("web"));
    world.edit("web", &json!({"configuration": {"description": null}}));
    world.pass(minutes(12));
    assert_eq!((world.ready("web").as_str(), world.condition("web", "Synced").as_str()), ("True/InSync", "True/InSync"));
    assert_eq!(world.in_cloud("asc-1")["Description"], "ours", "no parameter clears it");
}
