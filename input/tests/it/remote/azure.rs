//! Objects of Azure: of Azurite where it is installed.

use assay_input::remote::{Access, Budget, Credentials, Location, Remote};
use object_store::ObjectStoreExt as _;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::path::Path as Key;

use super::installed::Installed;
use super::kit::{access, noise, secret};

/// The account and the key that every Azurite has, and that open nothing else.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
/// A signature by that key, for all of the account.
const SAS: &str = "sv=2018-11-09&ss=b&srt=sco&sp=rwlc&\
    se=2099-01-01T00:00:00Z&spr=https,http&sig=UbXizuBGiz9smtEMcYpcfPhXkH7VnN1osm0fEYkOlNA%3D";

#[test]
fn azurite_lists_and_gives_objects() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display().to_string();
    let Some(azurite) = Installed::start("node-azurite/node_modules/.bin/azurite-blob", |port| {
        let port = port.to_string();
        let fixed = ["--blobHost", "127.0.0.1", "--skipApiVersionCheck", "--silent", "--location"];
        let mut all: Vec<String> = fixed.map(str::to_owned).to_vec();
        all.extend([place.clone(), "--blobPort".into(), port]);
        all
    }) else {
        return;
    };
    let endpoint = format!("http://127.0.0.1:{}/{ACCOUNT}", azurite.port);
    let store = MicrosoftAzureBuilder::new()
        .with_account(ACCOUNT)
        .with_access_key(KEY)
        .with_endpoint(endpoint.clone())
        .with_allow_http(true)
        .with_container_name("data")
        .build()
        .unwrap();
    let bytes = noise(200_000);
    let created = format!("/{ACCOUNT}/data?restype=container&{SAS}");
    assert_eq!(azurite.send("PUT", &created, b""), "201");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for (key, bytes) in [("t/x=1/a b.csv", bytes.clone()), ("t/x=2/b.csv", b"b".to_vec())] {
            store.put(&Key::parse(key).unwrap(), bytes.into()).await.unwrap();
        }
    });

    let access = Access {
        endpoint: Some(endpoint),
        account: Some(ACCOUNT.into()),
        credentials: Credentials::AccountKey(secret(KEY)),
        ..access()
    };
    let open = |text: &str| Remote::open(&Location::parse(text).unwrap(), &access).unwrap();
    let remote = open("az://data/t/**/*.csv");
    let listed = remote.list().unwrap();
    let uris: Vec<_> = listed.iter().map(|object| object.uri.as_str()).collect();
    assert_eq!(uris, ["az://data/t/x=1/a b.csv", "az://data/t/x=2/b.csv"]);
    let one = open("abfss://data/t/x=1/a b.csv").list().unwrap().remove(0);
    assert_eq!((one.size, &one.etag), (200_000, &listed[0].etag));
    let into = tempfile::tempdir().unwrap();
    let budget = Budget::new(1 << 20);
    let fetched = remote.fetch(&listed[0], into.path(), &budget, &mut |_, _| {}).unwrap();
    assert_eq!(std::fs::read(fetched.path).unwrap(), bytes);
    runtime.block_on(async {
        let key = Key::parse("t/x=1/a b.csv").unwrap();
        store.put(&key, b"replaced".to_vec().into()).await.unwrap();
    });
    let met = remote.fetch(&listed[0], into.path(), &budget, &mut |_, _| {}).unwrap_err();
    assert!(met.to_string().contains("was replaced"), "{met}");
    let said = |text: &str| open(text).list().unwrap_err().to_string();
    assert!(said("az://data/none.csv").contains("there is no such object"));
    assert!(said("az://nowhere/*.csv").contains("there is no such container"));
    let signed = Credentials::SasToken(secret(&format!("?{SAS}")));
    let signed = Access { credentials: signed, ..access.clone() };
    let location = Location::parse("az://data/t/**/*.csv").unwrap();
    assert_eq!(Remote::open(&location, &signed).unwrap().list().unwrap().len(), 2);
    let location = Location::parse("az://data/none.csv").unwrap();
    let met = Remote::open(&location, &signed).unwrap().list().unwrap_err().to_string();
    assert!(!met.contains("sig="), "{met}");
    let wrong = Credentials::AccountKey(secret("d3Jvbmc="));
    let wrong = Access { credentials: wrong, ..access.clone() };
    let location = Location::parse("az://data/*.csv").unwrap();
    let met = Remote::open(&location, &wrong).unwrap().list().unwrap_err().to_string();
    assert!(met.contains("Azure refuses (403") && !met.contains("d3Jvbmc="), "{met}");
}
