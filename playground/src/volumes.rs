//! ConfigMaps that a pod mounts, as files: in a directory of the playground's, since the paths of the manifest belong to the machine.
//!
//! Which path means which directory is told to the process in its arguments and environment, the only places where a manifest names one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::kubectl::Kubectl;

/// One ConfigMap at one path of the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Without a slash at its end.
    path: String,
    config_map: String,
    /// Which key becomes which file; every key one of its own name if there is none.
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Item {
    key: String,
    path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VolumeMount {
    name: String,
    mount_path: String,
    #[serde(rename = "readOnly")]
    _read_only: Option<bool>,
}

impl Mount {
    /// What a container mounts, of its pod's volumes.
    pub(crate) fn all(mounts: &[Value], volumes: &Value) -> Result<Vec<Self>> {
        mounts.iter().map(|mount| Self::of(mount, volumes).with_context(|| format!("volumeMount {mount} is not imitated"))).collect()
    }

    fn of(mount: &Value, volumes: &Value) -> Result<Self> {
        let mount: VolumeMount = serde_json::from_value(mount.clone())?;
        let volume = volumes.as_array().into_iter().flatten().find(|volume| volume["name"] == mount.name.as_str());
        let source = &volume.with_context(|| format!("there is no volume {}", mount.name))?["configMap"];
        let config_map = source["name"].as_str().context("only ConfigMaps are")?.to_owned();
        let items = source.get("items").map_or(Ok(Vec::new()), |items| serde_json::from_value(items.clone()))?;
        Ok(Self { path: mount.mount_path.trim_end_matches('/').to_owned(), config_map, items })
    }

    /// Writes the ConfigMap as it is now below `directory`, and makes these arguments and variables name that instead of the path of the manifest.
    pub(crate) fn lay_out<'a>(
        &self,
        kubectl: &Kubectl,
        namespace: &str,
        directory: &Path,
        places: impl Iterator<Item = &'a mut String>,
    ) -> Result<()> {
        let text = kubectl.ok(&["get", "configmap", &self.config_map, "-n", namespace, "-o", "json"])?;
        let object: Value = serde_json::from_str(&text)?;
        let data: BTreeMap<String, String> = serde_json::from_value(object["data"].clone()).context("a ConfigMap without text")?;
        let target = directory.join(self.path.trim_start_matches('/'));
        std::fs::create_dir_all(&target)?;
        for (file, content) in self.files(&data)? {
            std::fs::write(target.join(file), content)?;
        }
        let mut named = false;
        for place in places {
            if let Some((before, after)) = self.split(place) {
                *place = format!("{before}{}{after}", target.display());
                named = true;
            }
        }
        ensure!(named, "no argument and no variable names a file below {}, so the process cannot be told where it is here", self.path);
        Ok(())
    }

    fn files(&self, data: &BTreeMap<String, String>) -> Result<Vec<(PathBuf, String)>> {
        if self.items.is_empty() {
            return Ok(data.iter().map(|(key, content)| (key.into(), content.clone())).collect());
        }
        let file = |item: &Item| match data.get(&item.key) {
            Some(content) => Ok(((&item.path).into(), content.clone())),
            None => bail!("ConfigMap {} has no key {}", self.config_map, item.key),
        };
        self.items.iter().map(file).collect()
    }

    /// `--flag=` and `/file` of `--flag=/mounted/file`.
    fn split<'a>(&self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let (before, after) = text.split_once(&self.path)?;
        let is_path = (before.is_empty() || before.ends_with('=')) && (after.is_empty() || after.starts_with('/'));
        is_path.then_some((before, after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mount_is_a_config_map_at_a_path_and_nothing_else() {
        let volumes =
            json!([{"name": "a", "configMap": {"name": "m", "items": [{"key": "k", "path": "f"}]}}, {"name": "b", "emptyDir": {}}]);
        let good = Mount::all(&[json!({"name": "a", "mountPath": "/etc/a/", "readOnly": true})], &volumes).unwrap();
        assert_eq!(good[0].split("--file=/etc/a/f"), Some(("--file=", "/f")));
        assert_eq!((good[0].split("/etc/abc"), good[0].split("http://x/etc/a/f")), (None, None));
        assert_eq!(good[0].files(&[("k".to_owned(), "v".to_owned())].into()).unwrap(), [("f".into(), "v".to_owned())]);
        assert!(good[0].files(&BTreeMap::new()).is_err(), "a kubelet would not start the pod either");
        for other in [
            json!({"name": "b", "mountPath": "/b"}),
            json!({"name": "c", "mountPath": "/c"}),
            json!({"name": "a", "mountPath": "/a", "subPath": "f"}),
        ] {
            let error = format!("{:#}", Mount::all(std::slice::from_ref(&other), &volumes).unwrap_err());
            assert!(error.contains("not imitated"), "{error}");
        }
    }
}
