//! That secrets cannot be printed or written down is not a habit: the compiler proves it. A type in here that learns one of these traits
//! makes the trait below ambiguous, and this file no longer compiles.

use cloud_steward::cloud::alibaba::{self, AlibabaOptions};
use cloud_steward::cloud::huawei::iam::answers::{TemporaryKey, Token};
use cloud_steward::cloud::huawei::iam::requests::Request;
use cloud_steward::cloud::huawei::{self, HuaweiOptions};
use cloud_steward::cloud::transport::{HttpAnswer, HttpRequest};
use secrecy::{SecretSlice, SecretString};
use serde::Serialize;
use std::fmt::{Debug, Display};

/// A type that has the trait has two ways to `question`, and the compiler refuses to choose.
macro_rules! never {
    ($trait:path: $($type:ty),* $(,)?) => {
        $(const _: fn() = || {
            trait Ambiguous<Way> {
                fn question() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            struct HasIt;
            impl<T: ?Sized + $trait> Ambiguous<HasIt> for T {}
            <$type as Ambiguous<_>>::question()
        };)*
    };
}

never!(Serialize: SecretString, SecretSlice<u8>, alibaba::Keys, alibaba::Auth, huawei::request::Keys, huawei::Proof, huawei::Auth, Token, TemporaryKey);
never!(Serialize: HttpRequest, HttpAnswer, AlibabaOptions, HuaweiOptions, Request);
never!(Display: SecretString, SecretSlice<u8>, alibaba::Keys, alibaba::Auth, huawei::request::Keys, huawei::Proof, huawei::Auth, Token, TemporaryKey);
never!(Display: HttpRequest, HttpAnswer, AlibabaOptions, HuaweiOptions, Request);
// What holds secrets that are no longer wrapped, because they are on their way.
never!(Debug: HttpRequest, HttpAnswer, alibaba::Auth, huawei::Auth, huawei::Proof, Request, huawei::errors::envelope::Refusal);

#[test]
fn what_can_be_printed_of_keys_is_not_the_secret() {
    let secret = || SecretString::from(super::KEY_SECRET);
    let alibaba = alibaba::Keys { access_key_id: "key-1".to_owned(), access_key_secret: secret(), security_token: Some(secret()) };
    let huawei = huawei::request::Keys::AccessKey { access_key: "AK1".to_owned(), secret_key: secret(), security_token: Some(secret()) };
    let text = format!("{alibaba:?} {huawei:?} {:?}", huawei::request::Keys::Token(secret()));
    assert!(text.contains("key-1") && text.contains("AK1"), "{text}");
    super::none_in("Debug", &text);
}
