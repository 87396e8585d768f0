//! The call log: who called what, when, and what came of it. It holds parameters but never a header, so no signature and no secret.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::Serialize;

use crate::hook::CallInfo;

/// A simulator that runs for weeks must not eat the machine.
const KEPT: usize = 200_000;

/// One call. `status` is absent while it is not answered, and stays so if it never is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// Counts from 1 since the simulator started.
    pub number: u64,
    pub time: Timestamp,
    pub vendor: String,
    pub service: String,
    pub operation: String,
    pub account: Option<String>,
    pub access_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    pub parameters: BTreeMap<String, String>,
    pub status: Option<u16>,
    /// The error code; absent on success.
    pub code: Option<String>,
    pub request_id: String,
    /// Whether the call changed something in the cloud, whatever the client was told.
    pub acted: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    last: u64,
    calls: VecDeque<Call>,
}

impl Log {
    pub(crate) fn next_number(&self) -> u64 {
        self.last + 1
    }

    pub(crate) fn arrived(&mut self, info: &CallInfo, request_id: &str, time: Timestamp) {
        self.last = info.number;
        if self.calls.len() == KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(Call {
            number: info.number,
            time,
            vendor: info.vendor.clone(),
            service: info.service.clone(),
            operation: info.operation.clone(),
            account: info.account.clone(),
            access_key_id: info.access_key_id.clone(),
            user: info.user.clone(),
            region: info.region.clone(),
            project: info.project.clone(),
            parameters: info.parameters.clone(),
            status: None,
            code: None,
            request_id: request_id.to_owned(),
            acted: false,
        });
    }

    pub(crate) fn acted(&mut self, number: u64) {
        if let Some(call) = self.find(number) {
            call.acted = true;
        }
    }

    pub(crate) fn answered(&mut self, number: u64, status: u16, code: Option<&str>) {
        if let Some(call) = self.find(number) {
            call.status = Some(status);
            call.code = code.map(str::to_owned);
        }
    }

    pub(crate) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.calls.clear();
    }

    /// From the back: a call that is still being answered is among the last.
    fn find(&mut self, number: u64) -> Option<&mut Call> {
        self.calls.iter_mut().rev().take_while(|call| call.number >= number).find(|call| call.number == number)
    }
}
