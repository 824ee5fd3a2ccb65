//! Owner and governance profile: team and roles.

use assay_schemas::library::Object;
use assay_schemas::library::governance_profile::GovernanceProfile;
use assay_schemas::problem::Pointer;
use serde_json::{Map, Value, json};

use super::shelf::Whole;
use super::{Stored, Unsaid};
use crate::odcs::import::{People, members, role_name};

/// Adds the team and the roles.
pub(super) fn add(whole: Whole<'_>, document: &mut Map<String, Value>, unsaid: &mut Vec<Unsaid>) {
    let contract = whole.contract;
    let profile = contract.governance_profile.as_ref().and_then(|reference| whole.meant(reference));
    let owner = contract.owner.as_deref();
    let (mut owners, mut kept) = (Vec::new(), None);
    if let Some(profile) = profile
        && let Object::GovernanceProfile(governance) = &profile.object
    {
        owners.clone_from(&governance.owners);
        kept = profile.kept().get("team");
        let roles = roles(&governance.access_roles, profile.kept());
        if !roles.is_empty() {
            document.insert("roles".to_owned(), Value::Array(roles));
        }
        tell(profile, governance, unsaid);
    }
    // Objects of the older form cannot tell a team's name from a member's.
    let team = match kept {
        Some(kept) => kept_team(kept, owner, &owners),
        None => new_team(owner, &owners),
    };
    if let Some(team) = team {
        document.insert("team".to_owned(), team);
    }
}

/// Reports what the standard has no words for.
fn tell(profile: &Stored, governance: &GovernanceProfile, unsaid: &mut Vec<Unsaid>) {
    let said = [
        "governance_profile_id",
        "version",
        "status",
        "tenant_id",
        "owners",
        "owner",
        "name",
        "classifications",
        "access_roles",
    ];
    profile.unsaid_but(&said, unsaid);
    for (index, class) in governance.classifications.iter().enumerate() {
        let says_more = class.personal
            || class.level.is_some()
            || class.retention.is_some()
            || !class.access_roles.is_empty()
            || class.description.is_some();
        if says_more {
            profile.tell(Pointer::from("classifications").index(index), unsaid);
        }
    }
}

/// The roles: those that were kept and may still see the data, then the others.
fn roles(access: &[String], kept: &Map<String, Value>) -> Vec<Value> {
    let kept = kept.get("roles").and_then(Value::as_array);
    let mut roles = kept.cloned().unwrap_or_default();
    roles.retain(|role| role_name(role).is_none_or(|name| access.iter().any(|own| own == name)));
    let said: Vec<_> = roles.iter().filter_map(role_name).map(str::to_owned).collect();
    let others = access.iter().filter(|name| !said.contains(name));
    roles.extend(others.map(|name| json!({ "role": name })));
    roles
}

fn new_team(owner: Option<&str>, owners: &[String]) -> Option<Value> {
    let mut team = Map::new();
    if let Some(owner) = owner {
        team.insert("name".to_owned(), json!(owner));
    }
    let members: Vec<_> = owners
        .iter()
        .filter(|name| Some(name.as_str()) != owner)
        .map(|name| json!({ "username": name }))
        .collect();
    if !members.is_empty() {
        team.insert("members".to_owned(), Value::Array(members));
    }
    (!team.is_empty()).then_some(Value::Object(team))
}

/// The kept team, brought in line with who answers for the data now.
fn kept_team(kept: &Value, owner: Option<&str>, owners: &[String]) -> Option<Value> {
    let mut team = kept.clone();
    if let (Some(fields), Some(owner)) = (team.as_object_mut(), owner) {
        fields.insert("name".to_owned(), json!(owner));
    }
    let said = People::of(&team);
    let mut list = members(&team).cloned().unwrap_or_default();
    if said.owners != owners {
        let name =
            |member: &Value| member.get("username").and_then(Value::as_str).map(str::to_owned);
        list.retain(|member| {
            member.get("dateOut").is_some()
                || name(member).is_some_and(|name| owners.contains(&name))
        });
        for owner in owners.iter().filter(|owner| !said.owners.contains(owner)) {
            list.push(json!({ "username": owner }));
        }
    }
    match &mut team {
        Value::Array(items) => {
            if said.owner.as_deref() != owner
                && let Some(owner) = owner
            {
                list.push(json!({ "username": owner, "role": "Owner" }));
            }
            *items = list;
        }
        Value::Object(fields) if !list.is_empty() => {
            fields.insert("members".to_owned(), Value::Array(list));
        }
        _ => {}
    }
    Some(team)
}
