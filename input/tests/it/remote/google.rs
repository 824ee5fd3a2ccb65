//! Objects of Google Cloud Storage, of a server that tests script.

use assay_input::remote::{Access, Budget, Credentials, Location, Remote};

use super::kit::{Answer, Server, access, secret};

#[test]
fn objects_are_listed_and_read_with_a_token() {
    let server = Server::new(|request| match request.path.split('?').next().unwrap_or_default() {
        "/bucket" | "/bucket/" => Answer::status(200).body(
            "<ListBucketResult><Contents><Key>t/a b.csv</Key><Size>3</Size><ETag>\"v1\"</ETag>\
             <LastModified>2024-01-02T03:04:05Z</LastModified></Contents></ListBucketResult>",
        ),
        "/bucket/t%2Fa%20b%2Ecsv" => {
            Answer::file(request, b"abc", "\"v1\"").header("x-goog-generation", "17")
        }
        _ => Answer::status(404),
    });
    let access = Access {
        endpoint: Some(server.url("").trim_end_matches('/').to_owned()),
        credentials: Credentials::Bearer(secret("hunter2")),
        ..access()
    };
    let open = |text: &str| Remote::open(&Location::parse(text).unwrap(), &access).unwrap();
    let remote = open("gs://bucket/t/*.csv");
    let listed = remote.list().unwrap();
    assert_eq!(listed[0].uri, "gs://bucket/t/a b.csv");
    let folder = tempfile::tempdir().unwrap();
    let fetched =
        remote.fetch(&listed[0], folder.path(), &Budget::new(10), &mut |_, _| {}).unwrap();
    assert_eq!(std::fs::read(fetched.path).unwrap(), b"abc");
    let one = open("gs://bucket/t/a b.csv").list().unwrap().remove(0);
    assert_eq!((one.size, one.version.as_deref()), (3, Some("17")));
    let requests = server.requests();
    assert!(requests.iter().all(|r| r.headers["authorization"] == "Bearer hunter2"));
    assert!(requests[0].path.contains("prefix=t%2F"), "{}", requests[0].path);
    let said = open("gs://bucket/none.csv").list().unwrap_err().to_string();
    assert!(said.contains("gs://bucket/none.csv: there is no such object"), "{said}");
}
