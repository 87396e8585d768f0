//! Huawei Cloud and Open Telekom Cloud, which speak alike: one credential's way to their services. Signing, the request, endpoints, the
//! services' questions and answers and the error catalogue are rooms of their own; `login` asks who we are and renews what runs out. A token is good
//! for one project: here each project that objects name has a client, and a token, of its own.

pub mod csbs;
mod dialect;
pub mod endpoints;
pub mod errors;
pub mod iam;
mod login;
mod project;
pub mod request;
pub mod sign;

use super::budget::Lane;
use super::client::{Client, Lifetime, Ring, Surroundings};
use super::error::{CloudError, Operation};
use csbs::{Absence, Csbs};
pub use dialect::judge;
pub use endpoints::Provider;
use iam::requests::{Agency, UserRef};
pub use login::Caller;
use login::{Login, Way};
use request::Keys;
use secrecy::SecretString;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use url::Url;

/// Every operation that this crate speaks.
pub const OPERATIONS: [Operation; 7] = [
    iam::CREATE_TOKEN,
    iam::CREATE_TEMPORARY_KEY,
    iam::LIST_PROJECTS,
    iam::LIST_DOMAINS,
    csbs::CHECK_RESTORABLE,
    csbs::LIST_CHECKPOINT_ITEMS,
    csbs::SHOW_CHECKPOINT_ITEM,
];

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
    client: Arc<Client<dialect::Rests>>,
    login: Arc<Login>,
    auth: Auth,
    region: String,
    way: Way,
    /// The credential's own, once it is known.
    project: OnceLock<String>,
    /// A token is good for one project, and what one may do is settled by project: those that objects name have clients of their own.
    others: Mutex<HashMap<String, Arc<Client<dialect::Rests>>>>,
    absence: Arc<Absence>,
}

impl Huawei {
    pub fn new(options: HuaweiOptions) -> Arc<Self> {
        let HuaweiOptions { provider, auth, region, project, endpoints, around } = options;
        let way = Way { provider, endpoints, around, of_object: false };
        let login = Arc::new(Login::new(region.clone(), project, &auth, false));
        let client = Arc::new(connect(&way, &auth, &login));
        Arc::new(Self { client, login, auth, region, way, project: OnceLock::new(), others: Mutex::default(), absence: Arc::default() })
    }

    /// Whose keys these are, and which project they work in. Nothing is changed anywhere before that is known.
    pub async fn identify(&self) -> Result<Caller, CloudError> {
        let caller = self.login.identify(&self.client).await?;
        // Whoever asks again is told the same: another project is another credential.
        let _ = self.project.set(caller.project_id.clone());
        Ok(caller)
    }

    /// The backup service in the project of this id, or in the credential's own.
    pub(super) fn csbs(&self, account: &str, region: &str, project: Option<&str>, lane: Lane) -> Csbs {
        let own = self.project.get().map_or("", String::as_str);
        let project = project.unwrap_or(own);
        let client = if project == own { Arc::clone(&self.client) } else { self.client_of(project) };
        Csbs {
            client,
            account: account.to_owned(),
            project: project.to_owned(),
            region: region.to_owned(),
            lane,
            absence: Arc::clone(&self.absence),
        }
    }

    fn client_of(&self, project: &str) -> Arc<Client<dialect::Rests>> {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let client = others.entry(project.to_owned()).or_insert_with(|| {
            let login = Login::new(self.region.clone(), ProjectRef::Id(project.to_owned()), &self.auth, true);
            let way = Way { of_object: true, ..self.way.clone() };
            Arc::new(connect(&way, &self.auth, &Arc::new(login)))
        });
        Arc::clone(client)
    }

    /// Renews what will run out, if it is time.
    pub async fn keep_fresh(&self) -> Result<(), CloudError> {
        self.client.keep_fresh().await
    }

    /// Until when the present token or keys are good, if they run out at all.
    pub fn lifetime(&self) -> Option<Lifetime> {
        self.client.lifetime()
    }

    pub(super) fn denied(&self, region: &str, operation: Operation) -> Option<CloudError> {
        self.client.denied(region, operation)
    }

    pub(super) fn tenant(&self) -> &str {
        self.client.tenant()
    }
}

/// A client with keys for the login's project.
fn connect(way: &Way, auth: &Auth, login: &Arc<Login>) -> Client<dialect::Rests> {
    let user = |name: &UserRef, password: &SecretString| login::User {
        client: way.client(Ring::given(Keys::None)),
        way: way.clone(),
        name: name.clone(),
        password: password.clone(),
    };
    let signing = |access_key: &String, secret_key: &SecretString, security_token: &Option<SecretString>| {
        Ring::given(Keys::AccessKey {
            access_key: access_key.clone(),
            secret_key: secret_key.clone(),
            security_token: security_token.clone(),
        })
    };
    let login = Arc::clone(login);
    let source = match auth {
        Auth::Own(Proof::AccessKey { access_key, secret_key, security_token }) => {
            return way.client(signing(access_key, secret_key, security_token));
        }
        Auth::Own(Proof::Password { user: name, password }) => {
            login::Source::Password(login::PasswordToken { user: user(name, password), proven: AtomicBool::new(false), login })
        }
        Auth::Agency(Proof::AccessKey { access_key, secret_key, security_token }, agency) => {
            let client = way.client(signing(access_key, secret_key, security_token));
            login::Source::AgencyKey(login::AgencyKey { client, agency: agency.clone(), login })
        }
        Auth::Agency(Proof::Password { user: name, password }, agency) => {
            login::Source::AgencyToken(login::AgencyToken { user: user(name, password), agency: agency.clone(), login })
        }
    };
    way.client(Ring::fetched(Box::new(source), way.around.clock.clone(), way.around.dice.clone()))
}
