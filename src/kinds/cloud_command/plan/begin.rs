//! What may be sent now, what keeps it back, and whether that is for good.

use super::journal::fit_targets;
use super::step::invoking;
use super::{Draft, Inputs, Reason, Verdict, flawed, stuck, working};
use crate::api::cloud_command::status::Intent;
use crate::kinds::cloud_command::agenda::{has_opened, is_out};
use crate::kinds::cloud_command::batches;
use jiff::SignedDuration;

/// Whether what keeps the rest back makes an end: nobody waits for it any more, unless a person changes something.
fn is_end(reason: Reason) -> bool {
    matches!(reason, Reason::Cancelled | Reason::WindowMissed | Reason::InputsChanged | Reason::MaxFailuresReached)
}

impl Draft<'_> {
    pub(super) fn begin(&mut self) -> Verdict {
        let obstacle = self.obstacle();
        let checked = self.inputs.clone().and_then(|inputs| {
            inputs.check(&self.object.spec, self.now)?;
            Ok(inputs)
        });
        if let Err(flaw) = &checked
            && flaw.passes_by_itself
            && self.status.operations.iter().any(super::is_unresolved)
        {
            self.look_in(SignedDuration::from_secs(2));
            return flawed(flaw);
        }
        let stopping = if self.object.spec.cancel && !self.given.observe_only { self.stop_what_has_not_begun() } else { None };
        let unresolved = self.resolve(checked.as_ref().ok(), obstacle.as_ref());
        if let Some(verdict) = unresolved.or(stopping) {
            return verdict;
        }
        if self.all_is_sent() {
            return self.progress();
        }
        let nothing_is_out = !self.status.operations.iter().any(is_out);
        let is_over = nothing_is_out && obstacle.as_ref().is_some_and(|obstacle| is_end(obstacle.reason));
        if !is_over {
            // Whoever called it off has thought better of it.
            self.has_news |= self.status.finished_at.take().is_some();
        }
        match obstacle {
            Some(_) if !nothing_is_out => return self.progress(),
            Some(obstacle) if is_over => return self.end(obstacle),
            Some(obstacle) => return obstacle,
            None => {}
        }
        let inputs = match checked {
            Ok(inputs) => inputs,
            Err(flaw) if nothing_is_out => return flawed(&flaw),
            Err(_) => return self.progress(),
        };
        if !self.intent().is_some_and(Intent::is_cut) {
            match self.left().and_then(|left| self.fit(left)) {
                Ok(left) => self.cut(left),
                Err(verdict) => return verdict,
            }
        }
        self.send(&inputs)
    }

    /// Why nothing more may begin, if that is so.
    fn obstacle(&mut self) -> Option<Verdict> {
        let spec = &self.object.spec;
        let window = spec.window.as_ref();
        if spec.cancel {
            return Some(stuck(Reason::Cancelled, "spec.cancel is true: what had not begun does not begin"));
        }
        if let Some(to) = window.and_then(|window| window.not_after) {
            if self.now >= to.get() {
                let message =
                    format!("spec.window.notAfter ({}) has passed: what had not been sent by then is not sent", Self::when(to.get()));
                return Some(stuck(Reason::WindowMissed, message));
            }
            self.look_at(to.get());
        }
        let first = self.intent().and_then(|intent| intent.contents.clone());
        if let (Ok(inputs), Some(first)) = (&self.inputs, first)
            && !inputs.are(&first)
        {
            let message = "the script or a value that spec points at is not what it was when the command was first seen: what had not been sent is not sent; change spec.trigger to run with what is there now";
            return Some(stuck(Reason::InputsChanged, message));
        }
        let targets = self.intent().and_then(|intent| intent.target_count).unwrap_or_default();
        if batches::too_many_failed(self.object, usize::try_from(targets).unwrap_or_default(), self.failed()) {
            let message = "more targets failed than spec.rollout.maxFailures allows: no further one begins; raise it to go on with those that are left";
            return Some(stuck(Reason::MaxFailuresReached, message));
        }
        if self.given.observe_only {
            return Some(stuck(Reason::ObserveOnly, "this steward only observes: it runs nothing"));
        }
        if let Some(from) = window.and_then(|window| window.not_before)
            && self.now < from.get()
        {
            self.look_at(from.get());
            return Some(working(Reason::Scheduled, format!("waits for spec.window.notBefore ({})", Self::when(from.get()))));
        }
        None
    }

    /// Nothing more is sent. What the cloud ran all the same, before this object knew of it, is looked up first.
    fn end(&mut self, why: Verdict) -> Verdict {
        if self.seen.ours.is_none() && self.status.finished_at.is_none() {
            return if self.object.spec.cancel || has_opened(self.object, self.now) { self.looking() } else { why };
        }
        if !self.intent().is_some_and(Intent::is_cut) && !self.hits().is_empty() {
            if let Err(verdict) = self.left().map(|left| self.cut(left)) {
                return verdict;
            }
            if self.all_is_sent() {
                return self.progress();
            }
        }
        if self.status.finished_at.is_none() {
            self.status.finished_at = Some(self.now.into());
            self.has_news = true;
        }
        self.tell_when_results_go();
        why
    }

    fn all_is_sent(&self) -> bool {
        self.intent().is_some_and(Intent::is_cut) && batches::unsent(&self.status).is_empty()
    }

    /// The batches that have room now, as far as there are permits.
    fn send(&mut self, inputs: &Inputs) -> Verdict {
        if self.seen.ours.is_none() {
            // Batches became due in this very pass: what the cloud has of them is looked up first.
            if !batches::next(self.object, &self.status).is_empty() {
                self.look_at(self.now);
            }
            return self.progress();
        }
        for batch in batches::next(self.object, &self.status) {
            if let Some(verdict) = self.held_back(&invoking(batch)) {
                return verdict;
            }
            let Some(intent) = self.intent().cloned() else { break };
            let mut targets = fit_targets(&intent, batch);
            let by_the_cloud = intent.targets.is_empty();
            if !targets.iter().all(|id| self.seen.targets.contains_key(id)) {
                self.look_at(self.now);
                break;
            }
            if let Some(verdict) = self.pass_over_the_unfit(&mut targets) {
                return verdict;
            }
            if targets.is_empty() && !by_the_cloud {
                if let Some(intent) = &mut self.status.intent {
                    intent.settle(batch);
                }
                // It leaves room for another one.
                self.look_at(self.now);
                continue;
            }
            if !self.may_step() {
                self.look_at(self.now);
                break;
            }
            self.intend(batch, targets, inputs);
        }
        self.progress()
    }
}
