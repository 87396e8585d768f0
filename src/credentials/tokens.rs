//! Tokens of `ServiceAccounts`, by `TokenRequest`. Steward has no right to ask for them by itself: whoever owns a namespace grants it there, for
//! one `ServiceAccount`, and is told how.

use super::registry::Key;
use crate::cloud::alibaba::TokenSource;
use crate::cloud::error::{Class, CloudError, Effect, Explanation, Operation};
use crate::reason::Reason;
use crate::references::is_a_name;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use k8s_openapi::api::authentication::v1::{SelfSubjectReview, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use kube::core::Status;
use kube::{Api, Client};
use secrecy::SecretString;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// As short as the API server allows: it is traded at once.
const LIFETIME_SECONDS: i64 = 600;
pub(super) const TOKEN_REQUEST: Operation = Operation { service: "kubernetes", name: "TokenRequest", effect: Effect::Read };

const NOT_ALLOWED: Explanation = Explanation {
    reason: Reason::CredentialMissing,
    ..Explanation::of(Class::Denied, "steward may not ask for tokens of the ServiceAccount in spec.auth.oidc.serviceAccountName", "")
};
const NO_ACCOUNT: Explanation = Explanation {
    class: Class::NotFound,
    meaning: "the ServiceAccount in spec.auth.oidc.serviceAccountName does not exist in this namespace",
    hint: "create it, or name another; the RAM role must trust system:serviceaccount:<namespace>:<its name>",
    ..NOT_ALLOWED
};
const NO_TOKEN: Explanation = Explanation {
    class: Class::Unavailable,
    reason: Reason::DependencyNotReady,
    meaning: "the API server did not issue a token for the ServiceAccount in spec.auth.oidc.serviceAccountName",
    hint: "it is asked again; steward's log has what it said",
    ..NOT_ALLOWED
};
const NOT_TAKEN: Explanation = Explanation {
    class: Class::Invalid,
    reason: Reason::InvalidSpec,
    meaning: "the API server does not issue such a token",
    hint: "correct spec.auth.oidc.audience: the audience that the RAM identity provider has on its list, by default sts.aliyuncs.com",
    ..NOT_ALLOWED
};

/// What is to be said where the cluster does not let us ask: the Role is too long for a condition, and is one command away.
pub(super) fn advice(error: &CloudError, (namespace, name): &Key) -> Option<String> {
    let not_allowed = error.operation == TOKEN_REQUEST && error.class == NOT_ALLOWED.class;
    not_allowed.then(|| {
        format!(
            "{}; status.lastError.hint holds the Role that allows it: kubectl get cloudcredential {name} -n {namespace} \
             -o jsonpath='{{.status.lastError.hint}}' | kubectl apply -f -",
            error.meaning
        )
    })
}

/// One `ServiceAccount`'s tokens for one audience.
pub(super) struct ServiceAccountTokens {
    pub(super) client: Client,
    /// The name that the cluster knows this process by, once it was asked for.
    pub(super) us: Arc<OnceCell<String>>,
    pub(super) namespace: String,
    pub(super) service_account: String,
    pub(super) audience: String,
}

impl TokenSource for ServiceAccountTokens {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, CloudError>> {
        self.request().boxed()
    }
}

impl ServiceAccountTokens {
    async fn request(&self) -> Result<SecretString, CloudError> {
        // It becomes part of a path, and of the YAML below, which people apply.
        if !is_a_name(&self.service_account) {
            return Err(CloudError::explained(TOKEN_REQUEST, &NO_ACCOUNT));
        }
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), &self.namespace);
        let request = TokenRequest {
            spec: TokenRequestSpec {
                audiences: vec![self.audience.clone()],
                expiration_seconds: Some(LIFETIME_SECONDS),
                ..TokenRequestSpec::default()
            },
            ..TokenRequest::default()
        };
        match accounts.create_subresource::<_, TokenRequest>("token", &self.service_account, &PostParams::default(), &request).await {
            Ok(TokenRequest { status: Some(status), .. }) => Ok(status.token.into()),
            Ok(_) => Err(CloudError::explained(TOKEN_REQUEST, &NO_TOKEN)),
            Err(error) => Err(self.refused(error).await),
        }
    }

    async fn refused(&self, error: kube::Error) -> CloudError {
        let said = |is: fn(&Status) -> bool| matches!(&error, kube::Error::Api(status) if is(status));
        let explanation = if said(Status::is_forbidden) {
            &NOT_ALLOWED
        } else if said(Status::is_not_found) {
            &NO_ACCOUNT
        } else if said(|status| status.is_invalid() || status.code == 400) {
            &NOT_TAKEN
        } else {
            &NO_TOKEN
        };
        tracing::warn!(%error, namespace = self.namespace, service_account = self.service_account, "no token");
        let mut explained = CloudError::explained(TOKEN_REQUEST, explanation);
        if said(Status::is_forbidden) {
            explained.hint = self.role(&self.who_we_are().await).into();
        }
        CloudError { source: Some(Arc::new(error)), ..explained }
    }

    /// Every identity may ask who it is; the name that the cluster knows this process by depends on how it was installed.
    async fn who_we_are(&self) -> String {
        let ask = || async {
            let reviews: Api<SelfSubjectReview> = Api::all(self.client.clone());
            let review = reviews.create(&PostParams::default(), &SelfSubjectReview::default()).await;
            review.ok().and_then(|review| review.status?.user_info?.username).ok_or(())
        };
        let name = self.us.get_or_try_init(ask).await.ok().cloned();
        name.unwrap_or_else(|| "system:serviceaccount:cloud-steward-system:cloud-steward".to_owned())
    }

    /// The Role and its binding, as `kubectl apply -f -` takes them.
    fn role(&self, us: &str) -> String {
        let Self { namespace, service_account, .. } = self;
        let name = format!("steward-token-{service_account}");
        let subject = match us.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')) {
            Some((home, account)) => format!("{{kind: ServiceAccount, name: \"{account}\", namespace: \"{home}\"}}"),
            None => format!("{{kind: User, name: \"{us}\", apiGroup: rbac.authorization.k8s.io}}"),
        };
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\n\
             kind: Role\n\
             metadata: {{name: \"{name}\", namespace: \"{namespace}\"}}\n\
             rules:\n\
             - {{apiGroups: [\"\"], resources: [serviceaccounts/token], resourceNames: [\"{service_account}\"], verbs: [create]}}\n\
             ---\n\
             apiVersion: rbac.authorization.k8s.io/v1\n\
             kind: RoleBinding\n\
             metadata: {{name: \"{name}\", namespace: \"{namespace}\"}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: \"{name}\"}}\n\
             subjects:\n\
             - {subject}\n"
        )
    }
}
