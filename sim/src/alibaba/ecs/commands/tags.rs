//! Tags of a request by number: `Tag.N` and `ResourceTag.N`, whose rules are the same and whose codes are not.

use std::collections::BTreeMap;

use super::refuse;
use crate::answer::Refusal;
use crate::request::Parameters;

pub(super) struct Rules {
    pub(super) name: &'static str,
    pub(super) most: usize,
    pub(super) too_many: &'static str,
    pub(super) no_key: &'static str,
    pub(super) bad_key: &'static str,
    pub(super) bad_value: &'static str,
    pub(super) twice: &'static str,
}

pub(super) const OF_COMMANDS: Rules = Rules {
    name: "Tag",
    most: 20,
    too_many: "NumberExceed.Tags",
    no_key: "MissingParameter.TagKey",
    bad_key: "InvalidTagKey.Malformed",
    bad_value: "InvalidTagValue.Malformed",
    twice: "Duplicate.TagKey",
};

pub(super) const OF_RESOURCES: Rules = Rules {
    name: "ResourceTag",
    most: 10,
    too_many: "NumberExceed.ResourceTags",
    no_key: "MissingParameter.ResourceTagKey",
    bad_key: "InvalidResourceTagKey.Malformed",
    bad_value: "InvalidResourceTagValue.Malformed",
    twice: "Duplicate.ResourceTagKey",
};

impl Rules {
    pub(super) fn read(&self, parameters: &Parameters) -> Result<BTreeMap<String, String>, Refusal> {
        let mut numbered: BTreeMap<&str, (Option<&str>, &str)> = BTreeMap::new();
        for (key, value) in &parameters.0 {
            let Some((number, part)) = key.strip_prefix(self.name).and_then(|rest| rest.strip_prefix('.')?.split_once('.')) else {
                continue;
            };
            let entry = numbered.entry(number).or_default();
            match part {
                "Key" => entry.0 = Some(value),
                "Value" => entry.1 = value,
                _ => {}
            }
        }
        if numbered.len() > self.most {
            return Err(self.refused(self.too_many, &format!("at most {} are allowed", self.most)));
        }
        let web = |text: &str| text.contains("http://") || text.contains("https://");
        let mut tags = BTreeMap::new();
        for (key, value) in numbered.into_values() {
            let key = key.filter(|key| !key.is_empty()).ok_or_else(|| self.refused(self.no_key, "a key is missing"))?;
            if key.chars().count() > 64 || key.starts_with("acs:") || key.starts_with("aliyun") || web(key) {
                return Err(self.refused(self.bad_key, "a key is not valid"));
            }
            if value.chars().count() > 128 || web(value) {
                return Err(self.refused(self.bad_value, "a value is not valid"));
            }
            if tags.insert(key.to_owned(), value.to_owned()).is_some() {
                return Err(self.refused(self.twice, "a key is there twice"));
            }
        }
        Ok(tags)
    }

    fn refused(&self, code: &'static str, what: &str) -> Refusal {
        refuse(400, code, format!("{}: {what}.", self.name))
    }
}
