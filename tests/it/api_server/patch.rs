//! Merge patches and JSON patches, applied to plain values. Server-side apply is `apply.rs`.

use serde_json::Value;

/// RFC 7386.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Some(changes) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Some(fields) = target.as_object_mut() else {
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

/// RFC 6902, with habits of the real server: a missing field passes a test for null, and may be
/// replaced. The error is the reason in words, for people who debug a test; the caller throws the
/// half-patched value away.
pub(crate) fn json(target: &mut Value, operations: &[Value]) -> Result<(), String> {
    for operation in operations {
        let word = |name: &str| operation.get(name).and_then(Value::as_str);
        let path = word("path").ok_or("missing path in operation")?;
        let value = || operation.get("value").cloned().unwrap_or(Value::Null);
        match word("op").unwrap_or_default() {
            "add" => add(target, path, value())?,
            "remove" => drop(remove(target, path)?),
            "replace" => {
                let (parent, last) = parent(target, path)?;
                match parent.as_object_mut() {
                    Some(fields) => drop(fields.insert(last, value())),
                    None => *target.pointer_mut(path).ok_or_else(|| format!("nothing to replace at {path}"))? = value(),
                }
            }
            "move" => {
                let moved = remove(target, word("from").ok_or("missing from in operation")?)?;
                add(target, path, moved)?;
            }
            "copy" => {
                let from = word("from").ok_or("missing from in operation")?;
                let copied = target.pointer(from).cloned();
                add(target, path, copied.ok_or_else(|| format!("copy operation does not apply: {from} is missing"))?)?;
            }
            "test" => {
                let (parent, last) = parent(target, path)?;
                let found = match parent.as_array_mut() {
                    Some(_) => target.pointer(path),
                    None => parent.get(&last),
                };
                if found.cloned().unwrap_or(Value::Null) != value() {
                    return Err(format!("testing value {path} failed: test failed"));
                }
            }
            other => return Err(format!("Unexpected kind: {other}")),
        }
    }
    Ok(())
}

/// The place that holds the last step of a path, and that step.
fn parent<'a>(target: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), String> {
    let (parent, last) = path.rsplit_once('/').ok_or_else(|| format!("invalid path {path:?}"))?;
    let last = last.replace("~1", "/").replace("~0", "~");
    let parent = target.pointer_mut(parent).ok_or_else(|| format!("operation does not apply: doc is missing path: {path:?}"))?;
    Ok((parent, last))
}

fn add(target: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    let (parent, last) = parent(target, path)?;
    if let Some(list) = parent.as_array_mut() {
        let index = if last == "-" { list.len() } else { last.parse().map_err(|_| format!("bad index {last:?}"))? };
        if index > list.len() {
            return Err(format!("Unable to access invalid index: {index}"));
        }
        list.insert(index, value);
    } else if let Some(map) = parent.as_object_mut() {
        map.insert(last, value);
    } else {
        return Err(format!("add operation does not apply: doc is missing path: {path:?}"));
    }
    Ok(())
}

fn remove(target: &mut Value, path: &str) -> Result<Value, String> {
    let missing = || format!("remove operation does not apply: doc is missing path: {path:?}");
    let (parent, last) = parent(target, path).map_err(|_| missing())?;
    if let Some(list) = parent.as_array_mut() {
        let index: usize = last.parse().map_err(|_| missing())?;
        if index < list.len() { Ok(list.remove(index)) } else { Err(missing()) }
    } else {
        parent.as_object_mut().and_then(|map| map.remove(&last)).ok_or_else(missing)
    }
}
