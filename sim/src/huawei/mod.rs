//! Huawei Cloud and Open Telekom Cloud: one gateway before many services, each with paths of its own. IAM and the questions of CSBS are
//! simulated; of the rest the gateway knows the operations, so that they can be signed for, counted and spoiled.

pub(crate) mod answer;
pub(crate) mod codes;
mod csbs;
pub(crate) mod edit;
mod gate;
mod iam;
mod operations;
mod parameters;
pub(crate) mod realm;
pub(crate) mod seed;
mod signature;
pub(crate) mod stock;
mod strikes;

use answer::{Envelope, Outcome, Refusal};
use gate::Caller;
use operations::{Route, Service};
use realm::{Realm, Scope, Who};

use crate::engine::Inside;
use crate::faults::What;
use crate::hook::CallInfo;
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;

/// One request at this vendor's counter.
#[derive(Debug)]
pub(crate) struct Visit {
    /// None: the gateway knows no such API.
    route: Option<Route>,
}

impl Visit {
    pub(crate) fn of(request: &Request) -> Self {
        Self { route: operations::find(request) }
    }

    /// What the request claims, before anything of it is checked.
    pub(crate) fn info(&self, number: u64, request: &Request, world: &World) -> CallInfo {
        let realm = &world.huawei;
        let parameters = parameters::of(request, self.route.as_ref());
        let key = request.header("authorization").and_then(signature::Authorization::parse).map(|parts| parts.access);
        let token = request.header("x-auth-token").and_then(|text| realm.tokens.get(text));
        let known = key.and_then(|access| realm.keys.get(access)).map(|key| &key.who).or(token.map(|token| &token.who));
        let (account, user) = match known {
            Some(who) => (realm.domain_of(who).map(str::to_owned), realm.name_of(who).map(str::to_owned)),
            None => iam::claimed_user(&parameters, realm),
        };
        let of_token = match token.map(|token| &token.scope) {
            Some(Scope::Project(id)) => Some(id.as_str()),
            Some(Scope::Domain(_) | Scope::None) | None => None,
        };
        let in_path = parameters.get("project_id").map(String::as_str);
        let project = in_path.or(request.header("x-project-id")).or(of_token).filter(|_| !self.is_iam()).map(str::to_owned);
        CallInfo {
            number,
            vendor: "huawei".to_owned(),
            service: self.service().map_or("unknown", Service::name).to_owned(),
            operation: self.route.as_ref().map_or("unknown", |route| route.operation).to_owned(),
            account,
            access_key_id: key.map(str::to_owned),
            user,
            region: project.as_ref().and_then(|id| realm.projects.get(id)).map(|project| project.region.clone()),
            project,
            parameters,
        }
    }

    pub(crate) fn admit(&self, request: &Request, inside: &mut Inside) -> Result<Caller, Refusal> {
        let route = self.route.as_ref().ok_or_else(gate::unknown_api)?;
        let now = inside.cloud_now();
        gate::check(request, route, &mut inside.world.huawei, now)
    }

    /// Flow control, rights, and the operation itself, in one moment.
    pub(crate) fn act(&self, request: &Request, caller: &Caller, info: &CallInfo, inside: &mut Inside) -> Outcome {
        let route = self.route.as_ref().ok_or_else(gate::unknown_api)?;
        let now = inside.cloud_now();
        let World { huawei: realm, stock, settings, .. } = &mut inside.world;
        let limit = settings.limit(route.operation);
        let account = info.account.as_deref().unwrap_or_default();
        let place = info.project.as_deref().unwrap_or_default();
        if !inside.windows.admit(account, place, route.operation, limit, now) {
            return Err(gate::throttled(Some(limit)));
        }
        if let Some(who) = caller.who.as_ref().filter(|who| denied(realm, who, route)) {
            return Err(denial(route, realm.domain_of(who).unwrap_or_default()));
        }
        let outcome = match route.service {
            Service::Iam => iam::act(route.operation, iam::Ask { realm, request, caller, now, lifetime: settings.token_lifetime }),
            Service::Csbs => {
                let project = info.project.as_deref().unwrap_or_default();
                csbs::act(&csbs::Ask { stock, csbs: &settings.csbs, request, route, project })
            }
            Service::Organizations => Err(gate::unknown_api()),
        };
        if outcome.as_ref().is_ok_and(|done| done.acted) {
            inside.log.acted(info.number);
        }
        outcome
    }

    /// The refusal that a fault asks for, in the envelope that it names or the one that its code usually comes in.
    pub(crate) fn fault(&self, what: &What) -> Refusal {
        let What::Error { status, code, message, envelope, encoded_authorization_message } = what else {
            return gate::throttled(None);
        };
        let usual = match self.service() {
            _ if ["APIGW.", "APIG.", "APIC."].iter().any(|prefix| code.starts_with(prefix)) => Envelope::Gateway,
            Some(Service::Iam) if !code.starts_with("IAM.") => Envelope::Keystone,
            _ => Envelope::Service,
        };
        Refusal {
            status: *status,
            code: code.clone().into(),
            message: message.clone(),
            envelope: envelope.unwrap_or(usual),
            encoded: encoded_authorization_message.clone(),
        }
    }

    pub(crate) fn write(&self, outcome: Outcome, request_id: &str) -> Reply {
        answer::write(self.service(), outcome, request_id)
    }

    fn service(&self) -> Option<Service> {
        self.route.as_ref().map(|route| route.service)
    }

    fn is_iam(&self) -> bool {
        self.service() == Some(Service::Iam)
    }
}

fn denied(realm: &Realm, who: &Who, route: &Route) -> bool {
    crate::alibaba::denies(realm.denied_to(who), route.service.name(), route.operation)
}

fn denial(route: &Route, domain: &str) -> Refusal {
    match route.service {
        Service::Iam => Refusal::keystone(403, "You are not authorized to perform the requested action."),
        Service::Csbs => Refusal::gateway(403, "APIGW.0302", "The IAM user is not authorized to access the API."),
        Service::Organizations => Refusal {
            encoded: Some(format!("simulated-denial-{domain}-{}", route.operation)),
            ..Refusal::service(403, "Organizations.1007", format!("No permission for {}.", route.operation))
        },
    }
}
