//! `ClientToken`: the same call again gets the first answer again, as long as the cloud remembers.

use jiff::SignedDuration;

use super::{Ask, refuse};
use crate::answer::Refusal;
use crate::world::commands::{Remembered, Token};

const NAME: &str = "ClientToken";

pub(super) fn read(ask: &Ask<'_>, region: &str) -> Result<Option<Token>, Refusal> {
    let Some(text) = ask.parameters.text(NAME) else {
        return Ok(None);
    };
    if !text.is_ascii() || text.len() > 64 {
        return Err(refuse(400, "InvalidClientToken.Malformed", "The specified parameter clientToken is not valid."));
    }
    Ok(Some((ask.account.to_owned(), region.to_owned(), text.to_owned())))
}

/// The invocation that the token stands for.
pub(super) fn recall(ask: &mut Ask<'_>, token: &Token) -> Result<Option<String>, Refusal> {
    if ask.world.commands.in_flight.contains_key(token) {
        return Err(refuse(403, "IdempotentProcessing", "The previous idempotent request(s) is still processing."));
    }
    let memory = memory(ask);
    let now = ask.now;
    ask.world.commands.tokens.retain(|_, known| now.duration_since(known.at) < memory);
    let Some(known) = ask.world.commands.tokens.get(token) else {
        return Ok(None);
    };
    if known.parameters != ask.parameters.0 {
        let message = "The specified parameter has changed while using an already used clientToken.";
        return Err(refuse(403, "IdempotentParameterMismatch", message));
    }
    Ok(Some(known.invocation.clone()))
}

pub(super) fn remember(ask: &mut Ask<'_>, token: Token, invocation: &str) {
    if memory(ask).is_positive() {
        let known = Remembered { parameters: ask.parameters.0.clone(), invocation: invocation.to_owned(), at: ask.now };
        ask.world.commands.tokens.insert(token, known);
    }
}

fn memory(ask: &Ask<'_>) -> SignedDuration {
    SignedDuration::from_secs(ask.world.settings.token_memory_seconds.into())
}
