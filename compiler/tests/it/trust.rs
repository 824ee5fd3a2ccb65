//! Signing and verifying bundles as their users do, and another implementation that reads the signatures.

use std::fs;
use std::path::Path;
use std::process::Command;

use assay_testkit::{Project, Ran};
use serde_json::{Value, json};

/// A project with a sealed bundle, two keys, and a policy that trusts the first.
fn sealed() -> Project {
    let project = Project::example();
    project.commit("The beginning");
    project.assayc(&["build", "--env", "prod"]).ends(0);
    for (name, kind) in [
        ("one", &["-algorithm", "ed25519"][..]),
        ("two", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ] {
        let key = format!("{name}.pem");
        openssl(&project, &[&["genpkey", "-out", &key], kind].concat());
        openssl(&project, &["pkey", "-in", &key, "-pubout", "-out", &format!("{name}.pub")]);
    }
    trust(&project, &["one"], |_| ());
    project
}

fn openssl(project: &Project, arguments: &[&str]) {
    let ran = Command::new("openssl").args(arguments).current_dir(project.path()).output();
    Ran::from(ran.expect("openssl runs")).ends(0);
}

fn trust(project: &Project, names: &[&str], change: impl FnOnce(&mut Value)) {
    let key = |name: &&str| {
        let pem =
            fs::read_to_string(project.path().join(format!("{name}.pub"))).expect("it is read");
        json!({ "name": name, "public_key": pem })
    };
    let mut policy = json!({ "keys": names.iter().map(key).collect::<Vec<_>>() });
    change(&mut policy);
    project.write("trust.json", policy.to_string());
}

const BUNDLE: &str = ".assay/bundles/prod";

fn verify(project: &Project) -> Ran {
    project.assayc(&["verify", BUNDLE, "--trust", "trust.json"])
}

#[test]
fn a_signed_bundle_is_the_same_bundle() {
    let project = sealed();
    let artifact = |project: &Project| {
        let ran = project.assayc(&["verify", BUNDLE, "--format", "json"]).ends(0);
        let found: Value = serde_json::from_str(&ran.out).expect("it is JSON");
        (found["artifact_digest"].clone(), found["content_digest"].clone())
    };
    let before = artifact(&project);
    verify(&project).ends(9).says("✗ integrity: it has no signature");
    project.assayc(&["sign", BUNDLE, "--key", "two.pem"]).ends(0).says("signed: prod number 1");
    assert_eq!(artifact(&project), before);
    verify(&project).ends(11).says("✗ identity: 0 of 1 trusted keys have signed");
    project.assayc(&["sign", BUNDLE, "--key", "one.pem"]).ends(0);
    verify(&project).ends(0).says("✓ identity: signed by one").says("✓ scope: for `prod`");
    project.assayc(&["sign", BUNDLE, "--key", "one.pem"]).ends(0);
    verify(&project).ends(0).says("2 signatures over this very bundle");
    trust(&project, &["one", "two"], |policy| policy["threshold"] = json!(2));
    verify(&project).ends(0).says("signed by one, two");
    trust(&project, &["one"], |policy| policy["min_sequence"] = json!({ "prod": 2 }));
    verify(&project).ends(9).says("it is number 1 of `prod`, and 2 is the lowest that is taken");
    trust(&project, &["one"], |policy| policy["keys"][0]["not_after"] = json!("2026-06-30"));
    let on = |day: &str| project.assayc(&["verify", BUNDLE, "--trust", "trust.json", "--now", day]);
    on("2026-06-30").ends(0);
    on("2026-07-01").ends(11).says("`one` does not count on 2026-07-01");
}

#[test]
fn what_cannot_be_signed_is_refused_and_nothing_is_written() {
    let project = sealed();
    let index = || fs::read(project.path().join(BUNDLE).join("index.json")).expect("it is read");
    let before = index();
    project.assayc(&["sign", BUNDLE, "--key", "one.pub"]).ends(2).says("is no key to sign with");
    project.assayc(&["sign", BUNDLE, "--key", "none.pem"]).ends(2).says("`none.pem`");
    project.assayc(&["sign", "nowhere", "--key", "one.pem"]).ends(2).says("there is no bundle");
    let blob = fs::read_dir(project.path().join(BUNDLE).join("blobs/sha256"))
        .expect("it is listed")
        .next();
    let blob = blob.expect("there is one").expect("it is listed").path();
    let whole = fs::read(&blob).expect("it is read");
    fs::write(&blob, [&whole[..], b" "].concat()).expect("it is written");
    project.assayc(&["sign", BUNDLE, "--key", "one.pem"]).ends(9);
    fs::write(&blob, whole).expect("it is written");
    assert_eq!(index(), before);
    project.assayc(&["build", "--env", "prod", "--worktree"]).ends(0);
    project
        .assayc(&["sign", BUNDLE, "--key", "one.pem"])
        .ends(2)
        .says("compiled from files on disk");
}

/// The Python that the tests' own tools are installed in; `.ci/run` makes it.
fn python() -> Option<std::path::PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(std::path::PathBuf::from);
    let cache = cache.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")))?;
    let python = cache.join("assay/python/bin/python");
    python.exists().then_some(python)
}

#[test]
fn another_implementation_accepts_the_signatures() {
    let Some(python) = python() else {
        println!("not tried: `.ci/run` installs the other implementation");
        return;
    };
    let project = sealed();
    let places =
        ["--repository", "https://example.com/own.git", "--builder", "https://example.com/ci"];
    let keys = ["sign", BUNDLE, "--key", "one.pem", "--key", "two.pem"];
    project.assayc(&[&keys[..], &places].concat()).ends(0);
    let script = r#"
import glob, hashlib, json, sys
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

keys = []
for name in ("one.pub", "two.pub"):
    public = load_pem_public_key(open(name, "rb").read())
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    keys.append(SSlibKey.from_crypto(public, keyid=hashlib.sha256(spki).hexdigest()))
index = json.load(open(sys.argv[1] + "/index.json"))
bundle = index["manifests"][0]["digest"]
accepted = 0
for pointer in index["manifests"][1:]:
    read = lambda digest: json.load(open(sys.argv[1] + "/blobs/sha256/" + digest.split(":")[1]))
    manifest = read(pointer["digest"])
    assert manifest["subject"]["digest"] == bundle
    envelope = Envelope.from_dict(read(manifest["layers"][0]["digest"]))
    accepted += len(envelope.verify(keys, 1))
    statement = json.loads(envelope.payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"][0]["digest"]["sha256"] == bundle.split(":")[1]
    definition = statement["predicate"]["buildDefinition"]
    revision = read(bundle)["annotations"]["org.opencontainers.image.revision"]
    assert definition["externalParameters"]["flags"] == {"env": "prod", "rev": revision}
    own = definition["resolvedDependencies"][0]
    assert own["digest"]["gitCommit"] == revision and own["uri"] == "https://example.com/own.git"
    assert statement["predicate"]["runDetails"]["builder"]["id"] == "https://example.com/ci"
    forged = Envelope(envelope.payload + b" ", envelope.payload_type, envelope.signatures)
    try:
        forged.verify(keys, 1)
        raise SystemExit("a forged payload was accepted")
    except Exception as error:
        assert "threshold" in str(error), error
print("accepted", accepted)
"#;
    let ran =
        Command::new(python).args(["-c", script, BUNDLE]).current_dir(project.path()).output();
    Ran::from(ran.expect("python runs")).ends(0).says("accepted 2");
}
