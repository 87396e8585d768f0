//! Lays a seed over what IAM knows: refuses what cannot be.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

use super::seed::{DomainSeed, HuaweiAgency, HuaweiKey, ProjectSeed, UserSeed};
use super::{Agency, Domain, Key, Project, Realm, User, Who};

impl Realm {
    pub(crate) fn lay(&mut self, domains: Vec<DomainSeed>) -> Result<()> {
        for domain in domains {
            let id = domain.id.clone();
            self.put_domain(domain).with_context(|| format!("huawei domain {id}"))?;
        }
        Ok(())
    }

    fn put_domain(&mut self, seed: DomainSeed) -> Result<()> {
        ensure!(!seed.id.is_empty(), "`id` is missing");
        alone(&self.domains, &seed.id, |domain| domain.name == seed.name).with_context(|| format!("name {}", seed.name))?;
        let id = seed.id;
        self.domains.insert(id.clone(), Domain { name: seed.name });
        for project in seed.projects {
            self.put_project(&id, project)?;
        }
        for user in seed.users {
            self.put_user(&id, user)?;
        }
        for agency in seed.agencies {
            self.put_agency(&HuaweiAgency { domain: Some(id.clone()), ..agency })?;
        }
        Ok(())
    }

    fn put_project(&mut self, domain: &str, seed: ProjectSeed) -> Result<()> {
        alone(&self.projects, &seed.id, |project| project.domain == domain && project.name == seed.name)
            .with_context(|| format!("project {}", seed.name))?;
        self.projects.insert(seed.id, Project { name: seed.name, domain: domain.to_owned(), region: seed.region });
        Ok(())
    }

    fn put_user(&mut self, domain: &str, seed: UserSeed) -> Result<()> {
        alone(&self.users, &seed.id, |user| user.domain == domain && user.name == seed.name)
            .with_context(|| format!("user {}", seed.name))?;
        let changed = self.users.get(&seed.id).is_some_and(|known| known.password != seed.password);
        if changed {
            self.end_tokens(|who| who.user() == seed.id);
        }
        let user = User { name: seed.name, domain: domain.to_owned(), password: seed.password, deny: seed.deny };
        self.users.insert(seed.id.clone(), user);
        for key in seed.keys {
            ensure!(key.secret.is_some(), "key {}: `secret` is missing", key.access);
            self.keys.remove(&key.access);
            self.put_key(&HuaweiKey { user: Some(seed.id.clone()), ..key })?;
        }
        Ok(())
    }

    pub(crate) fn put_key(&mut self, seed: &HuaweiKey) -> Result<()> {
        ensure!(!seed.access.is_empty(), "a key needs its `access`");
        let owner = seed.user.as_deref().map(|user| self.user(user, None)).transpose()?;
        let mut key = match self.keys.get(&seed.access) {
            Some(known) => known.clone(),
            None => Key {
                who: Who::User(owner.clone().with_context(|| format!("key {}: `user` is missing", seed.access))?),
                secret: seed.secret.clone().with_context(|| format!("key {}: `secret` is missing", seed.access))?,
                security_token: None,
                expires: None,
                inactive: false,
            },
        };
        if let Some(owner) = owner {
            key.who = Who::User(owner);
        }
        if let Some(secret) = &seed.secret {
            key.secret.clone_from(secret);
        }
        if let Some(token) = &seed.security_token {
            key.security_token = Some(token.clone()).filter(|token| !token.is_empty());
        }
        key.expires = seed.expires.or(key.expires);
        key.inactive = seed.inactive.unwrap_or(key.inactive);
        self.keys.insert(seed.access.clone(), key);
        Ok(())
    }

    pub(crate) fn put_agency(&mut self, seed: &HuaweiAgency) -> Result<()> {
        ensure!(!seed.id.is_empty() && !seed.name.is_empty(), "an agency needs `id` and `name`");
        let context = || format!("agency {}", seed.name);
        let domain = match (&seed.domain, self.agencies.get(&seed.id)) {
            (Some(domain), _) => {
                let found = self.domain(Some(domain), None).or_else(|| self.domain(None, Some(domain)));
                found.with_context(|| format!("there is no domain {domain}")).with_context(context)?.to_owned()
            }
            (None, Some(known)) => known.domain.clone(),
            (None, None) => return Err(anyhow::anyhow!("`domain` is missing")).with_context(context),
        };
        alone(&self.agencies, &seed.id, |agency| agency.domain == domain && agency.name == seed.name).with_context(context)?;
        let project = |name: &String| {
            let named = self.project_named(name, &domain).map(str::to_owned);
            let own = self.projects.get(name).filter(|project| project.domain == domain).map(|_| name.clone());
            own.or(named).with_context(|| format!("its domain has no project {name}"))
        };
        let projects = seed.projects.as_ref().map(|list| list.iter().map(project).collect::<Result<Vec<_>>>());
        let projects = projects.transpose().with_context(context)?;
        self.agencies.insert(seed.id.clone(), Agency { name: seed.name.clone(), domain, trusts: seed.trusts.clone(), projects });
        Ok(())
    }

    /// The id of a user who is named by id or by name, which must then be one user's only.
    pub(super) fn user(&self, text: &str, domain: Option<&str>) -> Result<String> {
        if self.users.contains_key(text) {
            return Ok(text.to_owned());
        }
        let of_domain = |user: &User| domain.is_none_or(|domain| user.domain == domain || self.domain_name(&user.domain) == domain);
        let mut found = self.users.iter().filter(|(_, user)| user.name == text && of_domain(user));
        let (id, _) = found.next().with_context(|| format!("there is no user {text}"))?;
        ensure!(found.next().is_none(), "several users are called {text}: say the id, or the `domain`");
        Ok(id.clone())
    }

    /// The id of a project that is named by id, or by name, which must then be one project's only; unsaid, it is the only one there is.
    pub(crate) fn project(&self, text: Option<&str>) -> Result<String> {
        if let Some(id) = text.filter(|id| self.projects.contains_key(*id)) {
            return Ok(id.to_owned());
        }
        let fits = |project: &Project| text.is_none_or(|name| project.name == name);
        let mut found = self.projects.iter().filter(|(_, project)| fits(project));
        let first = found.next();
        ensure!(found.next().is_none(), "several projects could be meant: say the id as `project`");
        let (id, _) = first.with_context(|| format!("there is no project {}", text.unwrap_or_default()))?;
        Ok(id.clone())
    }

    /// Ends the tokens of those whom `concerned` picks.
    pub(super) fn end_tokens(&mut self, concerned: impl Fn(&Who) -> bool) {
        for token in self.tokens.values_mut().filter(|token| concerned(&token.who)) {
            token.ended = true;
        }
    }
}

/// Refuses a name that something of another id has already.
fn alone<T>(all: &BTreeMap<String, T>, id: &str, same: impl Fn(&T) -> bool) -> Result<()> {
    ensure!(!id.is_empty(), "`id` is missing");
    let other = all.iter().find(|(known, thing)| known.as_str() != id && same(thing));
    ensure!(other.is_none(), "the name is taken by {}", other.map_or("", |(known, _)| known.as_str()));
    Ok(())
}
