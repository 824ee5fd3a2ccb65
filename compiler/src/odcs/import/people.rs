//! Team, roles and classes of data: the governance profile of a contract.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::loss::{Home, Losses};
use super::super::rest::Rest;
use super::schema::Draft;
use super::{Head, keep};

/// What becomes of the people of a contract.
pub(super) struct Governance {
    pub(super) owner: Option<String>,
    pub(super) profile: Option<Map<String, Value>>,
}

/// The governance profile of a contract; none where nobody is named and nothing classified.
pub(super) fn governance(
    head: &Head,
    rest: &mut Rest,
    drafts: &[Draft],
    losses: &mut Losses,
) -> Governance {
    let home = Home::of("governance_profile", &head.contract_id);
    let mut kept = Map::new();
    let team = rest.take("team");
    let people = team.as_ref().map(People::of).unwrap_or_default();
    if let Some(team) = &team {
        let left = left_of_team(rest, team, &home.key("team"), losses);
        kept.insert("team".to_owned(), left);
    }
    let roles = rest.take_list("roles");
    let access = access_roles(&roles);
    if roles != access.iter().map(|name| json!({ "role": name })).collect::<Vec<_>>() {
        lost_of_roles(rest, &roles, &home.key("roles"), losses);
        kept.insert("roles".to_owned(), json!(roles));
    }
    let classes: BTreeSet<&str> = drafts.iter().flat_map(Draft::classifications).collect();
    if kept.is_empty() && classes.is_empty() && access.is_empty() {
        return Governance { owner: None, profile: None };
    }
    let mut profile = head.object("governance_profile_id", &head.contract_id);
    if !people.owners.is_empty() {
        profile.insert("owners".to_owned(), json!(people.owners));
    }
    if !classes.is_empty() {
        let classes: Vec<_> = classes.into_iter().map(class).collect();
        profile.insert("classifications".to_owned(), json!(classes));
    }
    if !access.is_empty() {
        profile.insert("access_roles".to_owned(), json!(access));
    }
    keep(&mut profile, kept);
    Governance { owner: people.owner, profile: Some(profile) }
}

/// The name of a role, where the library can name it so: `${…}` would be a variable of the environment.
pub(in super::super) fn role_name(role: &Value) -> Option<&str> {
    role.get("role").and_then(Value::as_str).filter(|name| !name.contains("${"))
}

/// The names of roles, each once.
fn access_roles(roles: &[Value]) -> Vec<&str> {
    let mut names = Vec::new();
    for name in roles.iter().filter_map(role_name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Reports what roles say beyond their names.
fn lost_of_roles(rest: &Rest, roles: &[Value], home: &Home, losses: &mut Losses) {
    let at = rest.at().key("roles");
    for (index, role) in roles.iter().enumerate() {
        let (at, home) = (at.index(index), home.key(&index.to_string()));
        if role_name(role).is_none() {
            let why = "`${…}` in a text of the library is a variable of the environment";
            losses.kept(at, why, home);
            continue;
        }
        for key in role.as_object().into_iter().flat_map(Map::keys) {
            if !["id", "role"].contains(&key.as_str()) {
                let why = "what a role may do, and who grants it, is settled where the data lies";
                losses.kept(at.key(key), why, home.key(key));
            }
        }
    }
}

/// A class of data. Only what is called public is shown in results: the contract does not say more.
fn class(name: &str) -> Value {
    let redaction = if name.eq_ignore_ascii_case("public") { "none" } else { "full" };
    json!({ "classification": name, "redaction": redaction })
}

/// Who answers for the data, out of a team.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in super::super) struct People {
    /// The name of the team or, in the older form, of the member who owns.
    pub(in super::super) owner: Option<String>,
    /// The members who have not left.
    pub(in super::super) owners: Vec<String>,
}

impl People {
    /// Reads a team in either of its forms.
    pub(in super::super) fn of(team: &Value) -> Self {
        let none = Vec::new();
        let members = members(team).unwrap_or(&none);
        let text =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let present = members.iter().filter(|member| member.get("dateOut").is_none());
        let owns = |member: &&Value| {
            text(member, "role").is_some_and(|role| role.to_lowercase().contains("owner"))
        };
        let owner = match team {
            Value::Object(_) => text(team, "name"),
            _ => present.clone().find(owns).and_then(|member| text(member, "username")),
        };
        let mut owners = Vec::new();
        for name in present.filter_map(|member| text(member, "username")) {
            if !owners.contains(&name) {
                owners.push(name);
            }
        }
        Self { owner, owners }
    }
}

/// The members of a team in either of its forms.
pub(in super::super) fn members(team: &Value) -> Option<&Vec<Value>> {
    team.as_array().or_else(|| team.get("members").and_then(Value::as_array))
}

/// The team without what the library says; its form stays.
fn left_of_team(rest: &Rest, team: &Value, home: &Home, losses: &mut Losses) -> Value {
    let at = rest.at().key("team");
    let place = if team.is_array() { at.clone() } else { at.key("members") };
    let mut kept_members = Vec::new();
    for (index, member) in members(team).into_iter().flatten().enumerate() {
        let mut fields = member.as_object().cloned().unwrap_or_default();
        fields.retain(|key, value| !super::super::rest::means_nothing(key, value));
        for key in fields.keys().filter(|key| *key != "username") {
            let why = "people are named by their user name alone";
            losses.kept(place.index(index).key(key), why, home.clone());
        }
        kept_members.push(Value::Object(fields));
    }
    if team.is_array() {
        return Value::Array(kept_members);
    }
    let mut parts = Rest::new(team, at);
    parts.take("name");
    if parts.take("members").is_some() {
        parts.keep("members", Value::Array(kept_members));
    }
    Value::Object(parts.settle(home, losses))
}
