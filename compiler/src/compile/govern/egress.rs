//! Connections lead to hosts that the policy lists, and to no other.

use assay_schemas::code::Code;
use assay_schemas::library::environment::Environment;
use assay_schemas::problem::{Pointer, Problem};

use super::super::validate::Loaded;
use crate::diagnostic::Sink;

/// Reports connections to other hosts.
pub(super) fn check(environment: &Loaded<Environment>, sink: &mut Sink) {
    let policy = &environment.object().policy;
    if policy.egress_hosts.is_none() {
        return;
    }
    for (conn_id, connection) in &environment.object().connections {
        let host = host(&connection.url);
        if policy.admits_host(host) {
            continue;
        }
        let place = Pointer::from("connections").key(conn_id.as_str()).key("url");
        let message = format!(
            "connection `{conn_id}` leads to `{host}`, which the policy of environment `{}` does not list",
            environment.object().environment
        );
        let problem = Problem::new(Code::EgressDenied, place, message)
            .hint("lead it to a host that is listed, or have the host added to `egress_hosts`");
        let listed = environment.place(&Pointer::from("policy").key("egress_hosts"));
        sink.push(environment.diagnostic(problem).related(listed, "the hosts that are admitted"));
    }
}

/// The host of a URL, without user and port. The shape of a connection has seen to scheme and form.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    match host.find(']') {
        Some(end) => &host[..=end],
        None => host.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn the_host_is_what_a_client_would_call() {
        for (url, expected) in [
            ("https://hooks.example.com", "hooks.example.com"),
            ("https://hooks.example.com:8443/a@b?c", "hooks.example.com"),
            ("https://good.example@evil.example/x", "evil.example"),
            ("https://evil.example\\@good.example/", "evil.example"),
            ("https://evil.example#@good.example", "evil.example"),
            ("http://[::1]:80/x", "[::1]"),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
