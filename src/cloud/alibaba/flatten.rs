//! A request struct as the vendor's flat parameters: nested names joined with dots, list items counted from 1, nothing sent for
//! what is absent or an empty list. An empty string, `false` and `0` are sent. Encoding is left to `sign`.

use serde::ser::{self, Impossible, Serializer};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// The parameters of a request, sorted by name.
pub fn flatten<T: Serialize>(request: &T) -> Result<Vec<(String, String)>, FlattenError> {
    let mut parameters = Vec::new();
    request.serialize(Flat { name: String::new(), into: &mut parameters })?;
    parameters.sort();
    Ok(parameters)
}

/// A request that has no flat form; a fault in a request struct, not in a value of a user's.
#[derive(Debug, thiserror::Error)]
#[error("the request cannot be written as parameters: {0}")]
pub struct FlattenError(String);

impl ser::Error for FlattenError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// A value that the vendor wants as JSON inside one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonText(String);

impl JsonText {
    /// A list of texts, for parameters such as `InstanceIds`.
    pub fn list<S: AsRef<str>>(items: &[S]) -> Self {
        let items: Vec<serde_json::Value> = items.iter().map(|item| item.as_ref().into()).collect();
        Self(serde_json::Value::Array(items).to_string())
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for JsonText {
    /// Text is taken as it is, anything else is written as compact JSON.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(Self(value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)))
    }
}

struct Flat<'a> {
    name: String,
    into: &'a mut Vec<(String, String)>,
}

impl Flat<'_> {
    fn put(self, value: impl fmt::Display) -> Result<(), FlattenError> {
        if self.name.is_empty() {
            return Err(FlattenError("a value without a name".to_owned()));
        }
        self.into.push((self.name, value.to_string()));
        Ok(())
    }

    fn put_float(self, value: f64, text: String) -> Result<(), FlattenError> {
        if value.is_finite() { self.put(text) } else { Err(FlattenError(format!("{} is not a number", self.name))) }
    }
}

macro_rules! displayed {
    ($($method:ident: $kind:ty),* $(,)?) => {
        $(fn $method(self, value: $kind) -> Result<(), FlattenError> {
            self.put(value)
        })*
    };
}

impl<'a> Serializer for Flat<'a> {
    type Ok = ();
    type Error = FlattenError;
    type SerializeSeq = FlatList<'a>;
    type SerializeTuple = FlatList<'a>;
    type SerializeTupleStruct = FlatList<'a>;
    type SerializeTupleVariant = Impossible<(), FlattenError>;
    type SerializeMap = FlatFields<'a>;
    type SerializeStruct = FlatFields<'a>;
    type SerializeStructVariant = Impossible<(), FlattenError>;

    displayed! {
        serialize_bool: bool, serialize_char: char, serialize_str: &str,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
    }

    // Each in its own precision, or 0.1 as f32 would go out as 0.10000000149011612. Display never writes an exponent.
    fn serialize_f32(self, value: f32) -> Result<(), FlattenError> {
        self.put_float(f64::from(value), value.to_string())
    }

    fn serialize_f64(self, value: f64) -> Result<(), FlattenError> {
        self.put_float(value, value.to_string())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), FlattenError> {
        Err(FlattenError(format!("{} holds bytes", self.name)))
    }

    fn serialize_none(self) -> Result<(), FlattenError> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), FlattenError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), FlattenError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), FlattenError> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), FlattenError> {
        self.put(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), FlattenError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<(), FlattenError> {
        Err(FlattenError(format!("{} holds the variant {variant} with a value", self.name)))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<FlatList<'a>, FlattenError> {
        Ok(FlatList { name: self.name, count: 0, into: self.into })
    }

    fn serialize_tuple(self, length: usize) -> Result<FlatList<'a>, FlattenError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<FlatList<'a>, FlattenError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, FlattenError> {
        Err(FlattenError(format!("{} holds the variant {variant} with values", self.name)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<FlatFields<'a>, FlattenError> {
        Ok(FlatFields { name: self.name, key: String::new(), into: self.into })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<FlatFields<'a>, FlattenError> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, FlattenError> {
        Err(FlattenError(format!("{} holds the variant {variant} with fields", self.name)))
    }
}

struct FlatList<'a> {
    name: String,
    count: usize,
    into: &'a mut Vec<(String, String)>,
}

impl FlatList<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlattenError> {
        self.count += 1;
        value.serialize(Flat { name: joined(&self.name, &self.count.to_string()), into: self.into })
    }
}

impl ser::SerializeSeq for FlatList<'_> {
    type Ok = ();
    type Error = FlattenError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlattenError> {
        self.item(value)
    }

    fn end(self) -> Result<(), FlattenError> {
        Ok(())
    }
}

impl ser::SerializeTuple for FlatList<'_> {
    type Ok = ();
    type Error = FlattenError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlattenError> {
        self.item(value)
    }

    fn end(self) -> Result<(), FlattenError> {
        Ok(())
    }
}

impl ser::SerializeTupleStruct for FlatList<'_> {
    type Ok = ();
    type Error = FlattenError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlattenError> {
        self.item(value)
    }

    fn end(self) -> Result<(), FlattenError> {
        Ok(())
    }
}

struct FlatFields<'a> {
    name: String,
    key: String,
    into: &'a mut Vec<(String, String)>,
}

impl ser::SerializeStruct for FlatFields<'_> {
    type Ok = ();
    type Error = FlattenError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), FlattenError> {
        value.serialize(Flat { name: joined(&self.name, key), into: self.into })
    }

    fn end(self) -> Result<(), FlattenError> {
        Ok(())
    }
}

impl ser::SerializeMap for FlatFields<'_> {
    type Ok = ();
    type Error = FlattenError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), FlattenError> {
        let mut written = Vec::new();
        key.serialize(Flat { name: "key".to_owned(), into: &mut written })?;
        self.key = written.pop().map(|(_, text)| text).unwrap_or_default();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlattenError> {
        value.serialize(Flat { name: joined(&self.name, &self.key), into: self.into })
    }

    fn end(self) -> Result<(), FlattenError> {
        Ok(())
    }
}

fn joined(name: &str, part: &str) -> String {
    if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Probe {
        exec: Option<Vec<&'static str>>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Request {
        region_id: &'static str,
        absent: Option<u32>,
        empty_text: Option<&'static str>,
        empty_list: Vec<u32>,
        off: Option<bool>,
        zero: i64,
        half: f32,
        huge: f64,
        tiny: f64,
        whole: f64,
        probes: Vec<Probe>,
        ids: JsonText,
    }

    #[test]
    fn a_request_becomes_sorted_pairs() {
        let request = Request {
            region_id: "cn-hangzhou",
            absent: None,
            empty_text: Some(""),
            empty_list: Vec::new(),
            off: Some(false),
            zero: 0,
            half: 0.1,
            huge: 1e21,
            tiny: 1e-7,
            whole: 2.0,
            probes: vec![Probe { exec: Some(vec!["sh", "-c"]) }, Probe { exec: None }, Probe { exec: Some(vec!["ls"]) }],
            ids: JsonText::list(&["i-\"1\"", "i-2"]),
        };
        let expected = [
            ("EmptyText", ""),
            ("Half", "0.1"),
            ("Huge", "1000000000000000000000"),
            ("Ids", r#"["i-\"1\"","i-2"]"#),
            ("Off", "false"),
            ("Probes.1.Exec.1", "sh"),
            ("Probes.1.Exec.2", "-c"),
            ("Probes.3.Exec.1", "ls"),
            ("RegionId", "cn-hangzhou"),
            ("Tiny", "0.0000001"),
            ("Whole", "2"),
            ("Zero", "0"),
        ];
        let expected: Vec<(String, String)> = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(flatten(&request).unwrap(), expected);
    }

    #[test]
    fn what_has_no_flat_form_is_an_error() {
        assert!(flatten(&3).is_err());
        assert!(flatten(&serde_json::json!({"a": null})).is_ok());
        assert!(flatten(&std::collections::BTreeMap::from([("cpu", f64::NAN)])).is_err());
    }
}
