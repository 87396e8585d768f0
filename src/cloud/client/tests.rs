//! The decision to repeat, as tables; no socket.

use super::*;
use crate::cloud::error::Explanation;

const READ: Operation = Operation { service: "ecs", name: "DescribeInstances", effect: Effect::Read };
const JOIN: Operation = Operation { service: "ecs", name: "JoinSecurityGroup", effect: Effect::Repeatable };
const RUN: Operation = Operation { service: "ecs", name: "RunCommand", effect: Effect::Once };

/// A vendor of whom only the complaints matter.
struct Grumbler;

impl Dialect for Grumbler {
    type Keys = ();
    type Request = ();

    fn build(&self, _: &Call<'_>, (): &(), (): &(), _: &Stamp) -> Result<HttpRequest, CloudError> {
        unreachable!("nothing is sent")
    }

    fn judge(&self, _: Operation, _: &HttpAnswer) -> Result<Value, CloudError> {
        unreachable!("nothing is answered")
    }

    fn lesson(&self, _: &HttpAnswer) -> Option<Learned> {
        None
    }

    fn secrets<'k>(&self, (): &'k ()) -> Vec<&'k SecretString> {
        Vec::new()
    }

    fn blames_the_date(&self, error: &CloudError) -> bool {
        error.has_code(&["Date"])
    }

    fn blames_the_nonce(&self, error: &CloudError) -> bool {
        error.has_code(&["Nonce"])
    }
}

fn failed(class: Class, acted: Acted, code: &str) -> Failed {
    let explanation = Explanation { acted, ..Explanation::of(class, "no", "mend it") };
    let error = CloudError { code: Some(code.to_owned()), ..CloudError::explained(JOIN, &explanation) };
    Failed { error, skew: None, renewable: false }
}

fn then(failed: &Failed, effect: Effect, repeated: Repeated) -> Next {
    next(&Grumbler, failed, effect, repeated)
}

#[test]
fn a_refused_date_is_replaced_by_the_clouds_once() {
    let refused = Failed { skew: Some(3600), ..failed(Class::Unavailable, Acted::No, "Date") };
    for effect in [Effect::Read, Effect::Repeatable, Effect::Once] {
        assert_eq!(then(&refused, effect, Repeated::default()), Next::WithClock(3600));
        let again = Repeated { clock: true, ..Repeated::default() };
        assert_eq!(then(&refused, effect, again), Next::GiveUp, "once");
    }
}

#[test]
fn without_a_date_to_learn_from_a_refused_one_is_not_sent_again() {
    let refused = failed(Class::Unavailable, Acted::No, "Date");
    assert_eq!(then(&refused, Effect::Repeatable, Repeated::default()), Next::GiveUp);
}

#[test]
fn a_refused_key_is_not_tried_again_with_another_date() {
    let refused = Failed { skew: Some(-1200), ..failed(Class::Unauthenticated, Acted::No, "Key") };
    assert_eq!(then(&refused, Effect::Once, Repeated::default()), Next::GiveUp);
}

#[test]
fn keys_that_can_be_had_anew_are_renewed_once() {
    let refused = Failed { renewable: true, ..failed(Class::Unauthenticated, Acted::No, "Key") };
    assert_eq!(then(&refused, Effect::Once, Repeated::default()), Next::WithKeys);
    let again = Repeated { keys: true, ..Repeated::default() };
    assert_eq!(then(&refused, Effect::Once, again), Next::GiveUp, "once");
}

#[test]
fn only_what_is_safe_is_repeated_inside_a_call() {
    use Acted::{No, Perhaps};
    let first = Next::After(Duration::from_secs(1));
    let fresh = Repeated::default();
    let tired = Repeated { absences: REPEATS, nonce: true, ..fresh };
    let table = [
        (READ, Class::Unavailable, No, "Away", fresh, first),
        (JOIN, Class::Unavailable, Perhaps, "Away", fresh, first),
        (JOIN, Class::Unavailable, Perhaps, "Away", Repeated { absences: 1, ..fresh }, Next::After(Duration::from_secs(2))),
        (JOIN, Class::Unavailable, Perhaps, "Away", tired, Next::GiveUp),
        (RUN, Class::Unavailable, Perhaps, "Away", fresh, Next::GiveUp),
        (RUN, Class::Unavailable, No, "Away", fresh, first),
        (READ, Class::Throttled, No, "Slower", fresh, Next::GiveUp),
        (JOIN, Class::Busy, No, "Conflict", fresh, Next::GiveUp),
        (JOIN, Class::Unavailable, Perhaps, "Nonce", fresh, Next::WithNonce),
        (JOIN, Class::Unavailable, Perhaps, "Nonce", tired, Next::GiveUp),
        (RUN, Class::Unavailable, Perhaps, "Nonce", fresh, Next::GiveUp),
        (READ, Class::Unauthenticated, No, "Key", fresh, Next::GiveUp),
    ];
    for (operation, class, acted, code, repeated, expected) in table {
        assert_eq!(then(&failed(class, acted, code), operation.effect, repeated), expected, "{operation} {code}");
    }
}

#[test]
fn what_acts_anew_is_not_sent_again_after_an_answer_but_for_its_date_and_its_keys() {
    let mut answered = failed(Class::Unavailable, Acted::No, "Away");
    answered.error.http_status = Some(403);
    assert_eq!(then(&answered, Effect::Once, Repeated::default()), Next::GiveUp);
    assert_eq!(then(&answered, Effect::Repeatable, Repeated::default()), Next::After(FIRST_PAUSE));
}

#[test]
fn an_absence_longer_than_our_patience_is_the_callers_to_wait_for() {
    let mut away = failed(Class::Unavailable, Acted::No, "Away");
    away.error.retry_after = Some(Duration::from_secs(30));
    assert_eq!(then(&away, Effect::Read, Repeated::default()), Next::GiveUp);
}
