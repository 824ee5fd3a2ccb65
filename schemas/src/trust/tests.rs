//! What is signed, and what is made of it where somebody tampers with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;
use crate::day::Day;
use crate::digest::Digest;

/// Keys of nobody, for tests alone.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
const OTHER: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEzNCJso/5bawhuTDKZQzb9zXS4gVGqfz0J1o6jCmZYo\n-----END PRIVATE KEY-----\n";

fn p256() -> String {
    use p256::pkcs8::EncodePrivateKey as _;
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    key.to_pkcs8_pem(p256::pkcs8::LineEnding::LF).unwrap().to_string()
}

fn key(pem: &str) -> PrivateKey {
    PrivateKey::from_pem(pem).unwrap()
}

fn facts() -> Facts {
    Facts {
        artifact_digest: Digest::of_bytes(b"artifact"),
        content_digest: Digest::of_bytes(b"content"),
        core_digest: Digest::of_bytes(b"core"),
        environment: "prod".to_owned(),
    }
}

fn claims(facts: &Facts, sequence: u64) -> Claims {
    Claims {
        artifact_digest: facts.artifact_digest,
        environment: facts.environment.clone(),
        sequence,
        content_digest: facts.content_digest,
        core_digest: facts.core_digest,
        commit: "c0ffee".to_owned(),
        repository: Some("https://example.com/own.git".to_owned()),
        libraries: vec![Shared {
            name: "shared".to_owned(),
            git: "https://example.com/shared.git".to_owned(),
            commit: "beef".to_owned(),
            content_digest: Digest::of_bytes(b"shared").to_string(),
        }],
        builder: "https://example.com/ci".to_owned(),
        version: "1.2.3".to_owned(),
    }
}

fn signed(facts: &Facts, sequence: u64, pem: &str) -> Vec<u8> {
    let envelope = Envelope::sign(&Statement::of(&claims(facts, sequence)), &key(pem));
    serde_json::to_vec(&envelope).unwrap()
}

fn policy(change: impl FnOnce(&mut serde_json::Value)) -> Policy {
    let trusted =
        |name: &str, pem: &str| json!({ "name": name, "public_key": key(pem).public().to_pem() });
    let mut value = json!({ "keys": [trusted("ci", ED25519), trusted("lead", &p256())] });
    change(&mut value);
    Policy::read(&value.to_string()).unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn judged(policy: &Policy, envelopes: &[Vec<u8>]) -> Report {
    policy.judge(&facts(), envelopes, day("2026-06-01"))
}

#[test]
fn a_signature_by_a_trusted_key_is_enough() {
    for pem in [ED25519, &p256()] {
        let report = judged(&policy(|_| ()), &[signed(&facts(), 4, pem)]);
        assert!(report.holds(), "{report:?}");
    }
}

#[test]
fn provenance_says_what_the_bytes_depend_on() {
    let statement = serde_json::to_value(Statement::of(&claims(&facts(), 4))).unwrap();
    let hex = facts().artifact_digest.hex();
    assert_eq!(statement["subject"], json!([{ "name": "prod", "digest": { "sha256": hex } }]));
    let definition = &statement["predicate"]["buildDefinition"];
    assert_eq!(
        definition["externalParameters"],
        json!({ "environment": "prod", "sequence": 4, "flags": { "env": "prod", "rev": "c0ffee" } })
    );
    let content = Digest::of_bytes(b"shared");
    assert_eq!(
        definition["resolvedDependencies"],
        json!([
            { "name": "library", "digest": { "gitCommit": "c0ffee" }, "uri": "https://example.com/own.git" },
            { "name": "shared", "digest": { "gitCommit": "beef" }, "uri": "https://example.com/shared.git",
              "annotations": { "contentDigest": content.to_string() } },
        ])
    );
    let builder = &statement["predicate"]["runDetails"]["builder"];
    assert_eq!(
        builder,
        &json!({ "id": "https://example.com/ci", "version": { "assayc": "1.2.3" } })
    );
    // What was signed before these were said is read as ever.
    let mut older = statement.clone();
    for (part, field) in [("externalParameters", "flags"), ("internalParameters", "planVersion")] {
        let part = &mut older["predicate"]["buildDefinition"][part];
        assert!(part.as_object_mut().unwrap().remove(field).is_some(), "{field}");
    }
    assert!(Statement::read(older.to_string().as_bytes()).is_ok());
}

#[test]
fn no_signature_and_a_strange_one_are_told_apart() {
    let bare = judged(&policy(|_| ()), &[]);
    assert!(bare.integrity.is_err() && !bare.holds() && !bare.lacks_identity_alone());
    let strange = judged(&policy(|_| ()), &[signed(&facts(), 4, OTHER)]);
    assert!(strange.lacks_identity_alone(), "{strange:?}");
}

#[test]
fn every_changed_byte_is_noticed() {
    let whole = signed(&facts(), 4, ED25519);
    let trusting = policy(|_| ());
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let report = judged(&trusting, &[bytes.clone()]);
        // The name of the key is a hint that nobody trusts, and base64 spells some bytes in two ways.
        let same = Envelope::read(&bytes, PAYLOAD_TYPE).is_ok_and(|changed| {
            let whole = Envelope::read(&whole, PAYLOAD_TYPE).unwrap();
            let sig = |envelope: &Envelope| STANDARD.decode(&envelope.signatures[0].sig).ok();
            changed.payload().ok() == whole.payload().ok() && sig(&changed) == sig(&whole)
        });
        assert_eq!(report.holds(), same, "byte {at}: {report:?}");
    }
}

#[test]
fn what_was_signed_of_another_bundle_does_not_count() {
    let trusting = policy(|_| ());
    for change in [
        (|facts: &mut Facts| facts.artifact_digest = Digest::of_bytes(b"x")) as fn(&mut Facts),
        |facts| facts.content_digest = Digest::of_bytes(b"x"),
        |facts| facts.core_digest = Digest::of_bytes(b"x"),
        |facts| facts.environment = "dev".to_owned(),
    ] {
        let mut other = facts();
        change(&mut other);
        let report = judged(&trusting, &[signed(&other, 4, ED25519)]);
        assert!(!report.holds() && !report.lacks_identity_alone(), "{report:?}");
    }
}

#[test]
fn several_keys_may_be_demanded_and_one_counts_once() {
    let two = policy(|value| value["threshold"] = json!(2));
    let (one, other) = (signed(&facts(), 4, ED25519), signed(&facts(), 4, &p256()));
    assert!(judged(&two, &[one.clone(), one.clone()]).lacks_identity_alone());
    assert!(judged(&two, &[one.clone(), other.clone()]).holds());
    assert!(
        judged(&two, &[one, b"no envelope".to_vec(), other]).holds(),
        "what is no signature harms nobody"
    );
}

#[test]
fn keys_count_for_a_time_and_for_environments() {
    let by_ci = [signed(&facts(), 4, ED25519)];
    let late = policy(|value| value["keys"][0]["not_after"] = json!("2026-05-31"));
    assert!(judged(&late, &by_ci).lacks_identity_alone());
    assert!(late.judge(&facts(), &by_ci, day("2026-05-31")).holds());
    let early = policy(|value| value["keys"][0]["not_before"] = json!("2026-06-02"));
    assert!(judged(&early, &by_ci).lacks_identity_alone());
    let elsewhere = policy(|value| value["keys"][0]["environments"] = json!(["dev"]));
    let report = judged(&elsewhere, &by_ci);
    assert!(report.scope.is_err() && report.identity.is_ok(), "{report:?}");
    let only = policy(|value| value["environment"] = json!("test"));
    assert!(judged(&only, &by_ci).scope.is_err());
}

#[test]
fn old_and_revoked_bundles_are_refused() {
    let fresh = policy(|value| value["min_sequence"] = json!({ "prod": 5 }));
    assert!(judged(&fresh, &[signed(&facts(), 4, ED25519)]).freshness.is_err());
    assert!(judged(&fresh, &[signed(&facts(), 5, ED25519)]).holds());
    let strange = judged(&fresh, &[signed(&facts(), 9, OTHER), signed(&facts(), 4, ED25519)]);
    assert!(strange.freshness.is_err(), "nobody unknown makes a bundle newer");
    for digest in [facts().content_digest, facts().artifact_digest] {
        let revoking = policy(|value| value["revoked"] = json!([digest.to_string()]));
        assert!(judged(&revoking, &[signed(&facts(), 4, ED25519)]).freshness.is_err());
    }
}

#[test]
fn a_policy_that_demands_nothing_is_none() {
    let read = |value: serde_json::Value| Policy::read(&value.to_string()).unwrap_err();
    let trusted = json!({ "name": "ci", "public_key": key(ED25519).public().to_pem() });
    assert!(read(json!({ "threshold": 0, "keys": [trusted] })).contains("trusts everybody"));
    assert!(read(json!({ "keys": [] })).contains("names 0 keys and demands 1"));
    assert!(
        read(json!({ "threshold": 2, "keys": [trusted, trusted] })).contains("stands there twice")
    );
    assert!(read(json!({ "keys": [{ "name": "x", "public_key": "y" }] })).contains("key `x`"));
    assert!(
        read(json!({ "keys": [trusted], "treshold": 2 })).contains("treshold"),
        "a slip is no trust"
    );
}

#[test]
fn keys_are_named_by_their_public_half() {
    let public = key(ED25519).public();
    assert_eq!(PublicKey::from_pem(&public.to_pem()).unwrap().id(), public.id());
    assert!(PrivateKey::from_pem(&public.to_pem()).is_err(), "a public key does not sign");
}
