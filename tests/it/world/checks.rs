//! What stories of `RestoreCheck` do and see beside what all stories do: a project with servers and backups, objects, and what is known of each check.

use super::World;
use cloud_steward::operator::KindName;
use serde_json::{Value, json};
use steward_cloudsim::{CsbsSeed, Edit, HuaweiEdit};

const HUAWEI: &str = include_str!("../../../sim/seeds/huawei.yaml");
const BACKUPS: &str = include_str!("../../../sim/seeds/backups.yaml");
pub(crate) const CHECKS: &str = "restorechecks";

/// The project in which servers and backups are; its name is that of the credential `otc`.
pub(crate) const PROJECT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2";
pub(crate) const CHECK: &str = "CheckRestorable";
pub(crate) const LIST: &str = "ListCheckpointItems";

impl World {
    /// A world of servers and backups at Open Telekom Cloud, with the `CloudCredential` `otc` of a user with a password.
    pub(crate) fn of_checks() -> Self {
        let mut world = Self::empty(HUAWEI);
        world.plural = CHECKS;
        world.configure(|config| config.kinds = vec![KindName::RestoreCheck]);
        world.with_backups();
        world
    }

    /// Servers and backups at Open Telekom Cloud beside whatever there is, and the credential `otc` for them.
    pub(crate) fn with_backups(&self) {
        for seed in [HUAWEI, BACKUPS] {
            self.cloud.seed(seed).expect("the seed is a good one");
        }
        self.user("otc", "alice", "demo-password");
    }

    /// A Secret and a `CloudCredential` of this name, for a user of the domain acme.
    pub(crate) fn user(&self, name: &str, user: &str, password: &str) {
        self.secret_with(name, &json!({"password": password}));
        self.credential_with(
            name,
            &json!({
                "provider": "OpenTelekomCloud", "region": "eu-de", "project": {"name": "eu-de_demo"},
                "auth": {"password": {"secretRef": {"name": name}, "userName": user, "domainName": "acme"}},
            }),
        );
    }

    /// Creates a `RestoreCheck` in namespace `default`.
    pub(crate) fn check(&self, name: &str, spec: &Value) {
        self.api.create_json(json!({
            "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "RestoreCheck",
            "metadata": {"namespace": "default", "name": name}, "spec": spec,
        }));
    }

    /// What status has of the first check.
    pub(crate) fn first(&self, name: &str) -> Value {
        self.get(name).unwrap_or_default()["status"]["checks"][0].clone()
    }

    /// Ready and Restorable: `True/Restorable True/Restorable`.
    pub(crate) fn both(&self, name: &str) -> String {
        format!("{} {}", self.ready(name), self.condition(name, "Restorable"))
    }

    pub(crate) fn tell_huawei(&self, edit: HuaweiEdit) {
        self.cloud.edit(Edit::Huawei(edit)).expect("it names what is there");
    }

    pub(crate) fn dial(&self, csbs: CsbsSeed) {
        self.cloud.edit(Edit::csbs(csbs)).expect("a dial of the service");
    }
}
