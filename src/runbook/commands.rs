//! Commands that several paragraphs have. `$KIND`, `$NAME` and `$NS` stand for the object.

pub(super) const MESSAGE: &str = r#"kubectl get $KIND $NAME -n $NS -o jsonpath='{.status.conditions[?(@.type=="Ready")].message}{"\n"}'"#;
pub(super) const LAST_ERROR: &str = r#"kubectl get $KIND $NAME -n $NS -o jsonpath='{.status.lastError}{"\n"}'"#;
pub(super) const EVENTS: &str = "kubectl events -n $NS --for $KIND/$NAME";
pub(super) const HISTORY: &str = r#"kubectl get $KIND $NAME -n $NS -o jsonpath='{.status.history}{"\n"}'"#;
pub(super) const DRIFT: &str =
    r#"kubectl get $KIND $NAME -n $NS -o jsonpath='{range .status.drift[*]}{.path}: {.desired} / {.observed}{"\n"}{end}'"#;
pub(super) const JOURNAL: &str = r#"kubectl get $KIND $NAME -n $NS -o jsonpath='{.status.operations}{"\n"}'"#;
pub(super) const PROBLEMS: &str = r#"kubectl get $KIND $NAME -n $NS -o jsonpath='{.status.problems}{"\n"}'"#;
pub(super) const RESULTS: &str = r#"kubectl get ccmd $NAME -n $NS -o jsonpath='{range .status.results[*]}{.instanceId} {.phase} {.exitCode} {.errorCode}: {.hint}{"\n"}{end}'"#;
pub(super) const CREDENTIALS: &str = "kubectl get cloudcredentials -n $NS -o wide";
pub(super) const CHECKS: &str = r#"kubectl get rchk $NAME -n $NS -o jsonpath='{.status.checks}{"\n"}'"#;
/// Whatever the installation is called.
pub(super) const LOG: &str = "kubectl logs -n cloud-steward-system -l app.kubernetes.io/name=cloud-steward --tail=200";

pub(super) const ASK_AGAIN: &str =
    r#"kubectl annotate $KIND $NAME -n $NS --overwrite reconcile.cloudsteward.dev/requestedAt="$(date -Is)""#;
pub(super) const ABANDON: &str = r#"kubectl annotate $KIND $NAME -n $NS cloudsteward.dev/abandon="<why>""#;
pub(super) const NOT_RAN: &str = r#"kubectl annotate $KIND $NAME -n $NS --overwrite cloudsteward.dev/resolve="<run>=NotRan""#;
pub(super) const RAN: &str = r#"kubectl annotate $KIND $NAME -n $NS --overwrite cloudsteward.dev/resolve="<run>=Ran""#;
pub(super) const EXPLAIN: &str = r#"steward explain "$(kubectl get $KIND $NAME -n $NS -o jsonpath='{.status.lastError.code}')""#;
