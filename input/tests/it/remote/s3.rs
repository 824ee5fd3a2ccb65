//! Objects of S3: of a server that tests script, and of moto where it is installed.

use assay_input::remote::{Access, Budget, Credentials, Error, Location, Object, Remote};
use object_store::ObjectStoreExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path as Key;

use super::installed::Installed;
use super::kit::{Answer, Request, Server, access, names, noise, secret};

const ALL: u64 = 1 << 30;

fn keys(port: u16) -> Access {
    let credentials = Credentials::Keys {
        access_key_id: secret("AKIAHUNTER1"),
        secret_access_key: secret("hunter2"),
        session_token: Some(secret("hunter3")),
    };
    let endpoint = Some(format!("http://127.0.0.1:{port}"));
    Access { endpoint, region: Some("eu-west-1".into()), credentials, ..access() }
}

fn list(port: u16, text: &str) -> Result<Vec<Object>, Error> {
    Remote::open(&Location::parse(text).unwrap(), &keys(port)).unwrap().list()
}

fn page(keys: &[&str], next: Option<&str>) -> Answer {
    let content = |key: &&str| {
        let size = if key.ends_with('/') { 0 } else { 3 };
        format!(
            "<Contents><Key>{key}</Key><Size>{size}</Size><ETag>&quot;e-{size}&quot;</ETag>\
             <LastModified>2024-01-02T03:04:05.678Z</LastModified></Contents>"
        )
    };
    let contents: String = keys.iter().map(content).collect();
    let next = next.map_or(String::new(), |next| {
        format!("<NextContinuationToken>{next}</NextContinuationToken>")
    });
    Answer::status(200).body(format!("<ListBucketResult>{contents}{next}</ListBucketResult>"))
}

fn pages(request: &Request) -> Answer {
    match request.number {
        1 => Answer::status(503),
        _ if request.path.contains("continuation-token=t2") => {
            page(&["d/2024-03/x.csv", "d/2024-03/_x.csv"], None)
        }
        _ if request.path.contains("continuation-token=t1") => {
            page(&["d/2024-02/x.csv", "d/2024-02/x.txt"], Some("t2"))
        }
        _ => page(&["d/2024-01/", "d/2024-01/x.csv"], Some("t1")),
    }
}

#[test]
fn pages_are_followed_from_the_longest_fixed_beginning() {
    let server = Server::new(pages);
    let listed = list(server.port, "s3://bucket/d/2024-*/*.csv").unwrap();
    let uris: Vec<_> = listed.iter().map(|object| object.uri.as_str()).collect();
    assert_eq!(
        uris,
        [
            "s3://bucket/d/2024-01/x.csv",
            "s3://bucket/d/2024-02/x.csv",
            "s3://bucket/d/2024-03/x.csv"
        ]
    );
    assert_eq!((listed[0].size, listed[0].etag.as_deref()), (3, Some("\"e-3\"")));
    assert_eq!(listed[0].last_modified.unwrap().to_string(), "2024-01-02T03:04:05Z");
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests[0].path.starts_with("/bucket?"), "{}", requests[0].path);
    assert!(
        requests[0].path.contains("prefix=d%2F2024-&")
            || requests[0].path.ends_with("prefix=d%2F2024-")
    );
    assert!(!requests[0].path.contains("delimiter"));
    assert!(requests[0].headers["authorization"].contains("/eu-west-1/s3/aws4_request"));

    // The mark of a folder is no object, though it has the name of one.
    let server = Server::new(|_| page(&["d/2024/", "d/2024/x.csv"], None));
    let met = list(server.port, "s3://bucket/d/*").unwrap_err().to_string();
    assert!(met.contains("no object matches"), "{met}");
    assert!(server.requests()[0].path.contains("delimiter=%2F"));
}

#[test]
fn answers_are_told_with_their_code_and_nothing_else() {
    let said = |status: u16, body: &'static str| {
        let server = Server::new(move |_| Answer::status(status).body(body));
        let met = list(server.port, "s3://bucket/d/*.csv").unwrap_err();
        let text = met.to_string();
        assert!(text.starts_with("s3://bucket/d/*.csv: "), "{text}");
        assert!(!text.contains("hunter") && !text.contains("HUNTER"), "{text}");
        met
    };
    let denied = "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIAHUNTER1</AWSAccessKeyId></Error>";
    let met = said(403, denied).to_string();
    assert!(
        met.contains("S3 refuses (403 SignatureDoesNotMatch); check that the secrets"),
        "{met}"
    );
    let met = said(404, "<Error><Code>NoSuchBucket</Code></Error>").to_string();
    assert!(met.contains("there is no such bucket"), "{met}");
    let met = said(400, "<Error><Code>ExpiredToken</Code></Error>").to_string();
    assert!(met.contains("(400 ExpiredToken)"), "{met}");
    let met = said(301, "").to_string();
    assert!(met.contains("another region; set the region"), "{met}");
    let met = said(200, "<html>hello</html>").to_string();
    assert!(met.contains("no object matches") || met.contains("cannot be understood"), "{met}");
    assert!(matches!(said(500, ""), Error::Temporary(_)));
    let server = Server::new(|_| page(&["d/a//b.csv"], None));
    let met = list(server.port, "s3://bucket/d/**").unwrap_err().to_string();
    assert!(met.contains("parts that are empty"), "{met}");
}

#[test]
fn moto_lists_and_gives_objects() {
    let Some(moto) = Installed::start("python-moto/bin/moto_server", |port| {
        vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.to_string()]
    }) else {
        return;
    };
    assert_eq!(moto.send("PUT", "/bucket", b""), "200");
    let bytes = noise(200_000);
    let put = |key: &str, bytes: &[u8]| {
        assert_eq!(moto.send("PUT", &format!("/bucket/{key}"), bytes), "200");
    };
    put("t/day=2024-01-01/a%20b.csv", &bytes);
    put("t/day=2024-01-02/c.csv", b"c");
    put("t/day=2024-01-02/_SUCCESS", b"");
    put("t/_temporary/d.csv", b"d");
    for number in 0..12 {
        put(&format!("many/{number}.csv"), b"x");
    }
    assert_eq!(list(moto.port, "s3://bucket/many/*.csv").unwrap().len(), 12);
    let listed = list(moto.port, "s3://bucket/t/**").unwrap();
    let uris: Vec<_> = listed.iter().map(|object| object.uri.as_str()).collect();
    assert_eq!(
        uris,
        ["s3://bucket/t/day=2024-01-01/a b.csv", "s3://bucket/t/day=2024-01-02/c.csv"]
    );
    let one = list(moto.port, &listed[0].uri).unwrap().remove(0);
    assert_eq!((one.size, &one.etag), (200_000, &listed[0].etag));
    assert_eq!(one.last_modified, listed[0].last_modified);

    let location = Location::parse("s3://bucket/t/**").unwrap();
    let remote = Remote::open(&location, &keys(moto.port)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let budget = Budget::new(ALL);
    let fetched = remote.fetch(&listed[0], folder.path(), &budget, &mut |_, _| {}).unwrap();
    assert_eq!(std::fs::read(fetched.path).unwrap(), bytes);
    // What is there is overwritten by those who sign only.
    let store = AmazonS3Builder::new()
        .with_bucket_name("bucket")
        .with_endpoint(format!("http://127.0.0.1:{}", moto.port))
        .with_allow_http(true)
        .with_access_key_id("AKIAHUNTER1")
        .with_secret_access_key("hunter2")
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let key = Key::parse("t/day=2024-01-01/a b.csv").unwrap();
    runtime.block_on(store.put(&key, b"replaced".to_vec().into())).unwrap();
    let met = remote.fetch(&listed[0], folder.path(), &budget, &mut |_, _| {}).unwrap_err();
    assert!(met.to_string().contains("was replaced"), "{met}");
    assert_eq!(names(folder.path()).len(), 1);

    let said = |text: &str| list(moto.port, text).unwrap_err().to_string();
    assert!(said("s3://bucket/none.csv").contains("there is no such object"));
    assert!(said("s3://bucket/none/*.csv").contains("no object matches"));
    assert!(said("s3://nowhere/none/*.csv").contains("there is no such bucket"));
}
