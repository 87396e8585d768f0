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
use crate::huawei::Visit;
use crate::reply::{Reply, Written};
use crate::request::Request;
use crate::world::commands::Token;

/// Whose counter a request has come to: one port serves both vendors.
#[derive(Debug)]
enum Vendor {
    Alibaba,
    Huawei(Visit),
}

pub(crate) async fn serve(engine: &Arc<Engine>, flight: &Flight, request: &Request) -> Reply {
    let call = Calling::arrived(engine, request);
    call.consult(flight, Moment::Before).await;
    let reply = match &call.vendor {
        Vendor::Alibaba => match call.admit(request) {
            Err(refusal) => call.refused(&refusal),
            Ok(caller) => call.carry_out(flight, || call.answer(call.act(request, &caller))).await,
        },
        Vendor::Huawei(visit) => {
            let admitted = visit.admit(request, &mut engine.lock());
            match admitted {
                Err(refusal) => visit.write(Err(refusal), &call.request_id),
                Ok(caller) => {
                    let act = || visit.write(visit.act(request, &caller, &call.info, &mut engine.lock()), &call.request_id);
                    call.carry_out(flight, act).await
                }
            }
        }
    };
    call.consult(flight, Moment::After).await;
    call.note_answer(&reply);
    reply
}

struct Calling<'a> {
    engine: &'a Engine,
    vendor: Vendor,
    info: CallInfo,
    preamble: Preamble,
    request_id: String,
    host: String,
}

impl<'a> Calling<'a> {
    fn arrived(engine: &'a Engine, request: &Request) -> Self {
        if !alibaba::is_meant(request) {
            return Self::arrived_at_huawei(engine, request);
        }
        let preamble = Preamble::of(request);
        let key_id = preamble.key_id.as_deref();
        let parameters = &preamble.parameters;
        let mut inside = engine.lock();
        let info = CallInfo {
            number: inside.log.next_number(),
            vendor: "alibaba".to_owned(),
            service: alibaba::service(&preamble).to_owned(),
            operation: preamble.action.as_deref().unwrap_or("unknown").to_owned(),
            account: match key_id {
                Some(id) => inside.world.keys.get(id).map(|key| key.account.clone()),
                None => alibaba::account_asked_for(&preamble),
            },
            access_key_id: key_id.map(str::to_owned),
            user: None,
            project: None,
            region: parameters.text("RegionId").map(str::to_owned),
            parameters: parameters.without_secrets(),
        };
        let request_id = Inside::request_id(info.number);
        let now = inside.clock.now();
        inside.log.arrived(&info, &request_id, now);
        drop(inside);
        Self { engine, vendor: Vendor::Alibaba, info, preamble, request_id, host: request.header("host").unwrap_or_default().to_owned() }
    }

    fn arrived_at_huawei(engine: &'a Engine, request: &Request) -> Self {
        let visit = Visit::of(request);
        let mut inside = engine.lock();
        let info = visit.info(inside.log.next_number(), request, &inside.world);
        let request_id = Inside::request_id(info.number).replace('-', "").to_lowercase();
        let now = inside.clock.now();
        inside.log.arrived(&info, &request_id, now);
        drop(inside);
        Self { engine, vendor: Vendor::Huawei(visit), info, preamble: Preamble::of(request), request_id, host: String::new() }
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

    async fn carry_out(&self, flight: &Flight, act: impl Fn() -> Reply) -> Reply {
        let Some(fault) = self.engine.lock().faults.strike(&self.info) else {
            return act();
        };
        if fault.delay.is_positive() {
            let _held = self.hold();
            flight.wait(fault.delay).await;
        }
        match fault.when {
            When::Before => match self.strike(flight, &fault).await {
                Some(reply) => reply,
                None => act(),
            },
            When::After => {
                let answer = act();
                match self.strike(flight, &fault).await {
                    Some(Reply::Half { .. } | Reply::Written(Written { half: true, .. })) | None => spoil(&fault, answer),
                    Some(reply) => reply,
                }
            }
        }
    }

    /// While a call is held back, its client token is in use.
    fn hold(&self) -> Option<Held<'_>> {
        let token = alibaba::client_token(&self.preamble)?;
        let token = (self.info.account.clone()?, self.info.region.clone()?, token.to_owned());
        *self.engine.lock().world.commands.in_flight.entry(token.clone()).or_default() += 1;
        Some(Held { engine: self.engine, token })
    }

    /// What the fault answers; None lets the true answer through.
    async fn strike(&self, flight: &Flight, fault: &Fault) -> Option<Reply> {
        match &fault.what {
            What::Timeout(None) => match flight.hang().await {},
            What::Timeout(Some(after)) => {
                let _held = self.hold();
                flight.wait(*after).await;
                None
            }
            What::Reset => Some(Reply::Nothing),
            What::Garble(Garble::Html) => Some(Reply::Page {
                status: 502,
                text: "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>",
            }),
            What::Garble(Garble::Half) => {
                if let Vendor::Huawei(_) = self.vendor {
                    let text = json!({ "request_id": self.request_id }).to_string();
                    return Some(Reply::Written(Written { status: 200, text, half: true, ..Written::default() }));
                }
                Some(Reply::Half { status: 200, body: json!({ "RequestId": self.request_id }), request_id: self.request_id.clone() })
            }
            What::Throttle | What::Error { .. } => Some(match (&self.vendor, &fault.what) {
                (Vendor::Huawei(visit), what) => visit.write(Err(visit.fault(what)), &self.request_id),
                (Vendor::Alibaba, What::Error { status, code, message, .. }) => {
                    self.refused(&Refusal::new(*status, code.clone(), message.clone()))
                }
                (Vendor::Alibaba, _) => self.refused(&alibaba::throttled()),
            }),
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
            Reply::Written(written) => {
                inside.log.answered(self.info.number, written.status, written.code.as_deref());
            }
            Reply::Nothing => {}
        }
    }
}

struct Held<'a> {
    engine: &'a Engine,
    token: Token,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let held = &mut self.engine.lock().world.commands.in_flight;
        let left = held.get(&self.token).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            held.remove(&self.token);
        } else {
            held.insert(self.token.clone(), left);
        }
    }
}

/// The true answer, cut in half if the fault says so.
fn spoil(fault: &Fault, answer: Reply) -> Reply {
    match (answer, &fault.what) {
        (Reply::Json { status, body, request_id, .. }, What::Garble(_)) => Reply::Half { status, body, request_id },
        (Reply::Written(written), What::Garble(_)) => Reply::Written(Written { half: true, ..written }),
        (reply, _) => reply,
    }
}
