//! Huawei Cloud and Open Telekom Cloud, which speak alike: one credential's way to their services. Signing, the request, endpoints, the
//! identity service's questions and answers and the error catalogue are rooms of their own; `login` asks who we are and renews what runs out.

mod dialect;
pub mod endpoints;
pub mod errors;
pub mod iam;
mod login;
pub mod request;
pub mod sign;

use super::client::{Client, Ring, Surroundings};
use super::error::{CloudError, Operation};
pub use dialect::judge;
pub use endpoints::Provider;
use iam::requests::{Agency, UserRef};
use jiff::Timestamp;
pub use login::Caller;
use login::Login;
use request::Keys;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::Arc;
use url::Url;

/// Every operation that this crate speaks.
pub const OPERATIONS: [Operation; 4] = [iam::CREATE_TOKEN, iam::CREATE_TEMPORARY_KEY, iam::LIST_PROJECTS, iam::LIST_DOMAINS];

/// How a credential proves who it is.
pub enum Auth {
    Own(Proof),
    /// As an agency of another account, which trusts the account that the proof is of.
    Agency(Proof, Agency),
}

/// What an IAM user has.
pub enum Proof {
    AccessKey { access_key: String, secret_key: SecretString, security_token: Option<SecretString> },
    Password { user: UserRef, password: SecretString },
}

/// The project that a credential works in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectRef {
    Id(String),
    Name(String),
}

/// What a credential's client is made of.
pub struct HuaweiOptions {
    pub provider: Provider,
    pub auth: Auth,
    pub region: String,
    pub project: ProjectRef,
    /// By service (`iam`, `csbs`); what is not named is reached where the vendor has it.
    pub endpoints: BTreeMap<String, Url>,
    pub around: Surroundings,
}

/// One credential at Huawei Cloud or Open Telekom Cloud. New keys are a new one of these.
pub struct Huawei {
    client: Client<dialect::Rests>,
    login: Arc<Login>,
}

impl Huawei {
    pub fn new(options: HuaweiOptions) -> Arc<Self> {
        let HuaweiOptions { provider, auth, region, project, endpoints, around } = options;
        let client = |ring| Client::new(dialect::Rests { provider, endpoints: endpoints.clone() }, ring, around.clone());
        let fetched = |source| Ring::fetched(Box::new(source), around.clock.clone(), around.dice.clone());
        let login = Arc::new(Login::new(region, project, &auth));
        let token = |user, password| login::PasswordToken {
            client: client(Ring::given(Keys::None)),
            user,
            password,
            scoped: true,
            login: Arc::clone(&login),
        };
        let ring = match auth {
            Auth::Own(Proof::AccessKey { access_key, secret_key, security_token }) => {
                Ring::given(Keys::AccessKey { access_key, secret_key, security_token })
            }
            Auth::Own(Proof::Password { user, password }) => fetched(login::Source::Password(token(user, password))),
            Auth::Agency(Proof::AccessKey { access_key, secret_key, security_token }, agency) => {
                let keys = Keys::AccessKey { access_key, secret_key, security_token };
                fetched(login::Source::AgencyKey(login::AgencyKey { client: client(Ring::given(keys)), agency, login: Arc::clone(&login) }))
            }
            Auth::Agency(Proof::Password { user, password }, agency) => {
                let own = fetched(login::Source::Password(login::PasswordToken { scoped: false, ..token(user, password) }));
                fetched(login::Source::AgencyToken(login::AgencyToken { client: client(own), agency, login: Arc::clone(&login) }))
            }
        };
        Arc::new(Self { client: client(ring), login })
    }

    /// Whose keys these are, and which project they work in. Nothing is changed anywhere before that is known.
    pub async fn identify(&self) -> Result<Caller, CloudError> {
        self.login.identify(&self.client).await
    }

    /// Renews what will run out, if it is time.
    pub async fn keep_fresh(&self) -> Result<(), CloudError> {
        self.client.keep_fresh().await
    }

    /// Until when the present token or keys are good, if they run out at all.
    pub fn expires(&self) -> Option<Timestamp> {
        self.client.expires()
    }

    pub(super) fn denied(&self, region: &str, operation: Operation) -> Option<CloudError> {
        self.client.denied(region, operation)
    }

    pub(super) fn tenant(&self) -> &str {
        self.client.tenant()
    }
}
