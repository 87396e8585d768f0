//! A tree as the flat parameters of a request. A list is sent as a whole or not at all; an empty one leaves no trace on the wire.

use super::{Field, Item, Value};

/// Whose names are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Modify,
    Create,
}

impl Item {
    /// The parameters, in no particular order.
    pub fn parameters(&self, fields: &[Field], operation: Operation) -> Vec<(String, String)> {
        let mut parameters = Vec::new();
        self.write(fields, operation, "", &mut parameters);
        parameters
    }

    fn write(&self, fields: &[Field], operation: Operation, prefix: &str, into: &mut Vec<(String, String)>) {
        for field in fields {
            let Some(value) = self.get(field.name) else { continue };
            let name = match operation {
                Operation::Modify => field.modify,
                Operation::Create => field.create,
            };
            let name = format!("{prefix}{name}");
            match value {
                Value::Texts(texts) => {
                    into.extend(texts.iter().enumerate().map(|(index, text)| (format!("{name}.{}", index + 1), text.clone())));
                }
                Value::Items(items) => {
                    let Some(entries) = field.entries() else { continue };
                    for (index, item) in items.iter().enumerate() {
                        item.write(entries.fields, operation, &format!("{name}.{}.", index + 1), into);
                    }
                }
                Value::Text(_) | Value::Whole(_) | Value::Number(_) | Value::Flag(_) | Value::Secret(_) => {
                    into.push((name, value.as_text()));
                }
            }
        }
    }
}
