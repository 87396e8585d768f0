//! Who a credential is, and in which project it works; and the tokens and temporary keys by which it says so, fetched and renewed.

use super::dialect::{Rest, Rests};
use super::endpoints::Provider;
use super::iam::answers::{self, Domain, TemporaryKey, Token, Unreadable};
use super::iam::requests::{self, Agency, DomainRef, Request, TokenScope, UserRef};
use super::project::{NO_PROJECT, NO_PROJECT_OF_OBJECT};
use super::request::{Keys, Scope};
use super::{Auth, ProjectRef, Proof};
use crate::cloud::budget::Lane;
use crate::cloud::client::{Accepted, Call, CallObserver, Client, FinishedCall, Fresh, KeySource, Ring, Surroundings, unreadable};
use crate::cloud::error::{Class, CloudError, Explanation, Operation};
use crate::cloud::transport::HttpAnswer;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// How long the keys of an agency are asked for: long enough to be rare, short enough for a right that is taken away to end.
const AGENCY_KEY_LASTS: Duration = Duration::from_secs(3600);

const NO_ACCOUNT: Explanation = Explanation::of(
    Class::Unexpected,
    "the identity service does not say which account this identity belongs to",
    "check that the identity is an IAM user of an account, and that it is not locked",
);

/// Whose keys these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account in which the identity acts, which the vendor calls a domain.
    pub account_id: String,
    /// For people: who, and of which account.
    pub name: Option<String>,
    /// `AccessKey`, `User` or `Agency`.
    pub kind: &'static str,
    pub project_id: String,
}

/// What all ways of logging in of one credential share.
pub(super) struct Login {
    region: String,
    project: ProjectRef,
    kind: &'static str,
    agency: Option<Agency>,
    /// What is said of a project that is not there.
    no_project: &'static Explanation,
    /// What the last token said; keys say nothing of themselves.
    said: Mutex<Option<Caller>>,
}

/// How the services are reached, whatever the keys.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) provider: Provider,
    pub(super) endpoints: BTreeMap<String, Url>,
    pub(super) around: Surroundings,
    /// Whether it leads into a project that an object names.
    pub(super) of_object: bool,
}

impl Way {
    pub(super) fn client(&self, ring: Ring<Keys>) -> Client<Rests> {
        let dialect = Rests { provider: self.provider, endpoints: self.endpoints.clone(), of_object: self.of_object };
        Client::new(dialect, ring, self.around.clone())
    }

    /// For one question whose refusal need not be the keys' fault: nobody closes the credential because of it.
    fn apart(&self, keys: Keys) -> Client<Rests> {
        let around = Surroundings { observer: Arc::new(Counted(Arc::clone(&self.around.observer))), ..self.around.clone() };
        Self { around, ..self.clone() }.client(Ring::given(keys))
    }
}

/// Hears of calls, and not of refusals.
struct Counted(Arc<dyn CallObserver>);

impl CallObserver for Counted {
    fn finished(&self, call: &FinishedCall) {
        self.0.finished(call);
    }
}

impl Login {
    /// Into the credential's own project, or into one that an object names.
    pub(super) fn new(region: String, project: ProjectRef, auth: &Auth, of_object: bool) -> Self {
        let (kind, agency) = match auth {
            Auth::Own(Proof::AccessKey { .. }) => ("AccessKey", None),
            Auth::Own(Proof::Password { .. }) => ("User", None),
            Auth::Agency(_, agency) => ("Agency", Some(agency.clone())),
        };
        let no_project = if of_object { &NO_PROJECT_OF_OBJECT } else { &NO_PROJECT };
        Self { region, project, kind, agency, no_project, said: Mutex::default() }
    }

    pub(super) async fn identify(&self, client: &Client<Rests>) -> Result<Caller, CloudError> {
        // A token that is fetched here tells all; keys have to be asked about.
        client.keep_fresh().await?;
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(caller) = said {
            return Ok(caller);
        }
        let question = requests::list_domains();
        let operation = question.operation;
        let domains = self.ask(client, question, answers::domains).await?;
        let domain = domains.into_iter().find(|domain| self.may_be(domain)).ok_or_else(|| CloudError::explained(operation, &NO_ACCOUNT))?;
        let project_id = self.project(client).await?;
        Ok(Caller { account_id: domain.id, name: Some(self.name_in(&domain.name)), kind: self.kind, project_id })
    }

    /// As an agency, one acts in the account that delegates.
    fn may_be(&self, domain: &Domain) -> bool {
        match self.agency.as_ref().map(|agency| &agency.domain) {
            Some(DomainRef::Id(id)) => domain.id == *id,
            Some(DomainRef::Name(name)) => domain.name == *name,
            None => true,
        }
    }

    fn name_in(&self, domain: &str) -> String {
        match &self.agency {
            Some(agency) => format!("agency {} of {domain}", agency.name),
            None => domain.to_owned(),
        }
    }

    async fn project(&self, client: &Client<Rests>) -> Result<String, CloudError> {
        let question = requests::list_projects(match &self.project {
            ProjectRef::Id(_) => None,
            ProjectRef::Name(name) => Some(name),
        });
        let operation = question.operation;
        let mut projects = match (&self.project, self.ask(client, question, answers::projects).await) {
            // Who names an id need not have the right to see the list; then the id is believed.
            (ProjectRef::Id(id), Err(error)) if error.class == Class::Denied => return Ok(id.clone()),
            (_, listed) => listed?,
        };
        projects.retain(|project| match &self.project {
            ProjectRef::Id(id) => project.id == *id,
            ProjectRef::Name(name) => project.name == *name,
        });
        match (projects.pop(), projects.is_empty()) {
            (Some(project), true) => Ok(project.id),
            _ => Err(CloudError::explained(operation, self.no_project)),
        }
    }

    fn scope(&self, domain: Option<&DomainRef>) -> TokenScope {
        match &self.project {
            ProjectRef::Id(id) => TokenScope::Project(id.clone()),
            ProjectRef::Name(name) => TokenScope::ProjectNamed { name: name.clone(), domain: domain.cloned() },
        }
    }

    async fn ask<T>(
        &self,
        client: &Client<Rests>,
        question: Request,
        read: impl FnOnce(&HttpAnswer) -> Result<T, Unreadable>,
    ) -> Result<T, CloudError> {
        let Request { operation, method, path, query, body } = question;
        let call = Call { operation, account: None, region: &self.region, lane: Lane::Work, ids: None, begin_by: None };
        let rest = Rest { method, path: path.to_owned(), query, body, scope: Scope::None };
        let Accepted { answer, .. } = client.exchange(&call, &rest).await?;
        read(&answer).map_err(|error| unreadable(operation, answer.status, error))
    }

    /// A token for work, which says whose it is.
    async fn token(&self, client: &Client<Rests>, question: Request) -> Result<Fresh<Keys>, CloudError> {
        let operation = question.operation;
        let token = self.ask(client, question, |answer| token_in(client, answer)).await?;
        let caller = self.caller(operation, &token)?;
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(caller);
        Ok(fresh(token))
    }

    /// A refusal of someone who has just been let in, without a closer reason, means the project.
    fn blames_the_project(&self, error: CloudError) -> CloudError {
        if error.class != Class::Unauthenticated || error.code.is_some() {
            return error;
        }
        let CloudError { operation, http_status, request_id, .. } = error;
        CloudError { http_status, request_id, ..CloudError::explained(operation, self.no_project) }
    }

    fn caller(&self, operation: Operation, token: &Token) -> Result<Caller, CloudError> {
        let account = token.account().ok_or_else(|| CloudError::explained(operation, &NO_ACCOUNT))?;
        let project = token.project.as_ref().ok_or_else(|| CloudError::explained(operation, self.no_project))?;
        let name = match self.agency {
            Some(_) => self.name_in(&account.name),
            None => format!("user {} of {}", token.user.name, account.name),
        };
        Ok(Caller { account_id: account.id.clone(), name: Some(name), kind: self.kind, project_id: project.id.clone() })
    }
}

fn token_in(client: &Client<Rests>, answer: &HttpAnswer) -> Result<Token, Unreadable> {
    let token = Token::read(answer)?;
    Ok(Token { expires_at: client.by_our_clock(answer, token.expires_at), ..token })
}

fn fresh(token: Token) -> Fresh<Keys> {
    Fresh { expires: token.expires_at, keys: Keys::Token(token.token) }
}

/// Where the keys of a credential come from.
pub(super) enum Source {
    Password(PasswordToken),
    AgencyToken(AgencyToken),
    AgencyKey(AgencyKey),
}

/// A token for work in the project, for a name and a password.
pub(super) struct PasswordToken {
    pub(super) user: User,
    /// Whether the password was right once: then no renewal asks for it alone again.
    pub(super) proven: AtomicBool,
    pub(super) login: Arc<Login>,
}

/// Someone with a password.
pub(super) struct User {
    pub(super) way: Way,
    /// Asks as nobody.
    pub(super) client: Client<Rests>,
    pub(super) name: UserRef,
    pub(super) password: SecretString,
}

/// A token of an agency, for a token of our own.
pub(super) struct AgencyToken {
    pub(super) user: User,
    pub(super) agency: Agency,
    pub(super) login: Arc<Login>,
}

/// Temporary keys of an agency, for keys of our own.
pub(super) struct AgencyKey {
    pub(super) client: Client<Rests>,
    pub(super) agency: Agency,
    pub(super) login: Arc<Login>,
}

impl KeySource<Keys> for Source {
    fn fetch(&self) -> BoxFuture<'_, Result<Fresh<Keys>, CloudError>> {
        match self {
            Self::Password(source) => source.fetch().boxed(),
            Self::AgencyToken(source) => source.fetch().boxed(),
            Self::AgencyKey(source) => source.fetch().boxed(),
        }
    }
}

impl User {
    fn question(&self, scope: Option<&TokenScope>) -> Request {
        requests::password_token(&self.name, &self.password, scope)
    }

    /// A token that is good for nothing but asking for another. Wrong passwords are tried here and only here, for each of them counts.
    async fn let_in(&self, login: &Login) -> Result<Token, CloudError> {
        login.ask(&self.client, self.question(None), |answer| token_in(&self.client, answer)).await
    }
}

impl PasswordToken {
    /// A wrong project is refused in the words of a wrong password. So the first time the password is tried by itself.
    async fn fetch(&self) -> Result<Fresh<Keys>, CloudError> {
        let Self { user, proven, login } = self;
        let domain = match &user.name {
            UserRef::Name { domain, .. } => Some(domain),
            UserRef::Id(_) => None,
        };
        let question = user.question(Some(&login.scope(domain)));
        if proven.load(Ordering::Relaxed) {
            return login.token(&user.client, question).await;
        }
        user.let_in(login).await?;
        let fresh = login.token(&user.way.apart(Keys::None), question).await.map_err(|error| login.blames_the_project(error))?;
        proven.store(true, Ordering::Relaxed);
        Ok(fresh)
    }
}

impl AgencyToken {
    async fn fetch(&self) -> Result<Fresh<Keys>, CloudError> {
        let Self { user, agency, login } = self;
        let own = user.let_in(login).await?;
        // Named without its account, as the clients do: it is looked for in the one that delegates.
        let scope = login.scope(None);
        let asking = user.way.apart(Keys::Token(own.token));
        login.token(&asking, requests::agency_token(agency, Some(&scope))).await.map_err(|error| login.blames_the_project(error))
    }
}

impl AgencyKey {
    async fn fetch(&self) -> Result<Fresh<Keys>, CloudError> {
        let question = requests::temporary_key(&self.agency, AGENCY_KEY_LASTS);
        let read = |answer: &_| {
            let key = TemporaryKey::read(answer)?;
            Ok(TemporaryKey { expires_at: self.client.by_our_clock(answer, key.expires_at), ..key })
        };
        let key = self.login.ask(&self.client, question, read).await?;
        let TemporaryKey { access, secret, security_token, expires_at } = key;
        let keys = Keys::AccessKey { access_key: access, secret_key: secret, security_token: Some(security_token) };
        Ok(Fresh { keys, expires: expires_at })
    }
}
