//! One request from arrival to answer: logged, shown to the hook, judged by the gate, struck by a fault or carried out, answered.
//! The order is the point of this file; what each step means is said where it is done.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::alibaba::preamble::Preamble;
use crate::alibaba::{self, Ask, gate};
use crate::answer::{Outcome, Refusal};
use crate::engine::{Engine, Flight, Inside};
use crate::faults::{Fault, Garble, What, When};
use crate::hook::{CallInfo, Moment, Verdict};
use crate::request::Request;

/// What goes back to the client.
#[derive(Debug)]
pub(crate) enum Reply {
    Json {
        status: u16,
        body: Value,
        request_id: String,
        headers: Vec<(&'static str, String)>,
    },
    /// Not what the vendor would say.
    Page {
        status: u16,
        text: &'static str,
    },
    /// The head of this answer and half of its body.
    Half {
        status: u16,
        body: Value,
        request_id: String,
    },
    /// Nothing: the connection closes.
    Nothing,
}

pub(crate) async fn serve(engine: &Arc<Engine>, flight: &Flight, request: &Request) -> Reply {
    let call = Calling::arrived(engine, request);
    call.consult(flight, Moment::Before).await;
    let reply = match call.admit(request) {
        Err(refusal) => call.refused(&refusal),
        Ok(caller) => call.carry_out(flight, request, &caller).await,
    };
    call.consult(flight, Moment::After).await;
    call.note_answer(&reply);
    reply
}

struct Calling<'a> {
    engine: &'a Engine,
    info: CallInfo,
    preamble: Preamble,
    request_id: String,
    host: String,
}

impl<'a> Calling<'a> {
    fn arrived(engine: &'a Engine, request: &Request) -> Self {
        let preamble = Preamble::of(request);
        let key_id = preamble.key_id.as_deref();
        let parameters = &preamble.parameters;
        let mut inside = engine.lock();
        let info = CallInfo {
            number: inside.log.next_number(),
            service: alibaba::service(&preamble).to_owned(),
            operation: preamble.action.as_deref().unwrap_or("unknown").to_owned(),
            account: match key_id {
                Some(id) => inside.world.keys.get(id).map(|key| key.account.clone()),
                None => alibaba::account_asked_for(&preamble),
            },
            access_key_id: key_id.map(str::to_owned),
            region: parameters.text("RegionId").map(str::to_owned),
            parameters: parameters.without_secrets(),
        };
        let request_id = Inside::request_id(info.number);
        let now = inside.clock.now();
        inside.log.arrived(&info, &request_id, now);
        drop(inside);
        Self { engine, info, preamble, request_id, host: request.header("host").unwrap_or_default().to_owned() }
    }

    /// Asks the test, with no lock held; a hanging call ends here.
    async fn consult(&self, flight: &Flight, moment: Moment) {
        let hook = self.engine.lock().hook.clone();
        if hook.is_some_and(|hook| hook(&self.info, moment) == Verdict::Hang) {
            flight.hang().await;
        }
    }

    fn admit(&self, request: &Request) -> Result<gate::Caller, Refusal> {
        let mut guard = self.engine.lock();
        let now = guard.cloud_now();
        let Inside { world, nonces, .. } = &mut *guard;
        gate::check(request, &self.preamble, world, nonces, now)
    }

    async fn carry_out(&self, flight: &Flight, request: &Request, caller: &gate::Caller) -> Reply {
        let Some(fault) = self.engine.lock().faults.strike(&self.info) else {
            return self.answer(self.act(request, caller));
        };
        if fault.delay.is_positive() {
            flight.wait(fault.delay).await;
        }
        match fault.when {
            When::Before => match self.strike(flight, &fault).await {
                Some(reply) => reply,
                None => self.answer(self.act(request, caller)),
            },
            When::After => {
                let outcome = self.act(request, caller);
                match self.strike(flight, &fault).await {
                    Some(Reply::Half { .. }) | None => self.spoil(&fault, outcome),
                    Some(reply) => reply,
                }
            }
        }
    }

    /// What the fault answers; None lets the true answer through.
    async fn strike(&self, flight: &Flight, fault: &Fault) -> Option<Reply> {
        match &fault.what {
            What::Timeout(None) => match flight.hang().await {},
            What::Timeout(Some(after)) => {
                flight.wait(*after).await;
                None
            }
            What::Reset => Some(Reply::Nothing),
            What::Garble(Garble::Html) => Some(Reply::Page {
                status: 502,
                text: "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>",
            }),
            What::Garble(Garble::Half) => {
                Some(Reply::Half { status: 200, body: json!({ "RequestId": self.request_id }), request_id: self.request_id.clone() })
            }
            What::Throttle => Some(self.refused(&alibaba::throttled())),
            What::Error { status, code, message } => Some(self.refused(&Refusal::new(*status, code.clone(), message.clone()))),
        }
    }

    /// The true answer, cut in half if the fault says so.
    fn spoil(&self, fault: &Fault, outcome: Outcome) -> Reply {
        match (self.answer(outcome), &fault.what) {
            (Reply::Json { status, body, request_id, .. }, What::Garble(_)) => Reply::Half { status, body, request_id },
            (reply, _) => reply,
        }
    }

    /// Flow control, rights, and the operation itself, in one moment.
    fn act(&self, request: &Request, caller: &gate::Caller) -> Outcome {
        let operation = alibaba::find(request, &self.preamble)?;
        let mut guard = self.engine.lock();
        let now = guard.cloud_now();
        let Inside { world, windows, log, .. } = &mut *guard;
        let (service, name) = (&self.info.service, &self.info.operation);
        let region = self.info.region.as_ref().or_else(|| world.regions.first()).map_or("", String::as_str);
        let limit = world.settings.limit(name);
        if !windows.admit(&caller.account, region, name, limit, now) {
            return Err(alibaba::throttled());
        }
        // The key may have gone while a fault held the call back.
        let key = match &caller.key_id {
            Some(id) => Some(world.keys.get(id).cloned().ok_or_else(|| alibaba::denied(service, name))?),
            None => None,
        };
        let denied = operation.needs_right && key.as_ref().is_some_and(|key| alibaba::is_denied(world, key, service, name));
        let act = if denied {
            let dry = self.preamble.parameters.flag("DryRun") == Some(true);
            let silent = world.settings.denied_reads == crate::world::DeniedReads::Empty && !dry;
            operation.empty.filter(|_| silent).ok_or_else(|| alibaba::denied(service, name))?
        } else {
            operation.act
        };
        let outcome = act(&mut Ask { world, account: &caller.account, key: key.as_ref(), parameters: &self.preamble.parameters, now });
        if outcome.as_ref().is_ok_and(|done| done.acted) {
            log.acted(self.info.number);
        }
        outcome
    }

    fn answer(&self, outcome: Outcome) -> Reply {
        match outcome {
            Ok(done) => {
                let mut body = done.body;
                body["RequestId"] = json!(self.request_id);
                self.json(200, Vec::new(), body)
            }
            Err(refusal) => self.refused(&refusal),
        }
    }

    fn refused(&self, refusal: &Refusal) -> Reply {
        let headers = if refusal.code.starts_with("Throttling") {
            let inside = self.engine.lock();
            alibaba::throttle_headers(&inside.world.settings, &self.info.operation, inside.cloud_now())
        } else {
            Vec::new()
        };
        self.json(
            refusal.status,
            headers,
            json!({
                "RequestId": self.request_id,
                "HostId": self.host,
                "Code": refusal.code,
                "Message": refusal.message,
                "Recommend": format!("https://api.alibabacloud.com/troubleshoot?q={}", refusal.code),
            }),
        )
    }

    fn json(&self, status: u16, headers: Vec<(&'static str, String)>, body: Value) -> Reply {
        Reply::Json { status, body, request_id: self.request_id.clone(), headers }
    }

    fn note_answer(&self, reply: &Reply) {
        let mut inside = self.engine.lock();
        match reply {
            Reply::Json { status, body, .. } => {
                inside.log.answered(self.info.number, *status, body["Code"].as_str());
            }
            Reply::Page { status, .. } | Reply::Half { status, .. } => {
                inside.log.answered(self.info.number, *status, None);
            }
            Reply::Nothing => {}
        }
    }
}
