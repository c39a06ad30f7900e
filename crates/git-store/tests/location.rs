#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! What a URL may be, and what of it is ever shown: the table of the attacks that URLs were used for.

use git_store::{Location, LocationError, Place, RemoteUrl, Transport};

fn url(text: &str) -> RemoteUrl {
    match Location::parse(text).unwrap().repository {
        Place::Remote(url) => *url,
        Place::Local(path) => panic!("{text} is the path {path:?}"),
    }
}

#[test]
fn remote_ones() {
    use Transport::{Git, Http, Https, Ssh};
    for (text, transport, user, host, port, path) in [
        (
            "git://h.example/zones.git",
            Git,
            None,
            "h.example",
            9418,
            "/zones.git",
        ),
        ("git://[2001:db8::1]:1/z", Git, None, "2001:db8::1", 1, "/z"),
        (
            "http://127.0.0.1:8080/z",
            Http,
            None,
            "127.0.0.1",
            8080,
            "/z",
        ),
        ("https://h/a/b%20c", Https, None, "h", 443, "/a/b%20c"),
        (
            "ssh://git@h:2222/srv/z",
            Ssh,
            Some("git"),
            "h",
            2222,
            "/srv/z",
        ),
        ("ssh://h/~ann/z", Ssh, None, "h", 22, "~ann/z"),
        ("git@h:zones.git", Ssh, Some("git"), "h", 22, "zones.git"),
        ("h:srv/z with blank", Ssh, None, "h", 22, "srv/z with blank"),
        ("ann@[::1]:z", Ssh, Some("ann"), "::1", 22, "z"),
    ] {
        let url = url(text);
        assert_eq!(
            (
                url.transport(),
                url.user(),
                url.host(),
                url.port(),
                url.path()
            ),
            (transport, user, host, port, path),
            "{text}"
        );
        assert_eq!(url.to_string(), text, "shown as it was written");
    }
}

#[test]
fn the_branch_goes_with_any() {
    for text in ["https://h/z#live", "git@h:z#feature/x", "git://h/z#v1.0"] {
        let location = Location::parse(text).unwrap();
        assert_eq!(location.to_string(), text);
        assert_eq!(location.branch.as_deref(), text.split('#').nth(1));
    }
}

/// CVE-2017-1000117, RUSTSEC-2023-0064, RUSTSEC-2024-0335 and their like.
#[test]
fn nothing_becomes_an_option_or_a_program() {
    for (text, part) in [
        ("ssh://-oProxyCommand=touch/x", "host"),
        ("ssh://-oProxyCommand=touch@h/x", "user"),
        ("ssh://git@-oProxyCommand=touch/x", "host"),
        ("-oProxyCommand=touch:x", "repository"),
        ("git@-oProxyCommand=touch:x", "host"),
        ("git@h:-upload-pack", "path"),
        ("git://-h/z", "host"),
        ("https://h/z#-f", "branch"),
        ("--upload-pack=touch", "repository"),
    ] {
        let wanted = LocationError::LooksLikeOption { part };
        assert_eq!(Location::parse(text), Err(wanted), "{text}");
    }
    for (text, scheme) in [
        ("ext::sh -c touch% /tmp/x", "ext"),
        ("fd::3", "fd"),
        ("ftp://h/z", "ftp"),
        ("file+ssh://h/z", "file+ssh"),
    ] {
        let scheme = scheme.to_owned();
        let wanted = LocationError::UnknownTransport { scheme };
        assert_eq!(Location::parse(text), Err(wanted), "{text}");
    }
}

#[test]
fn what_cannot_be() {
    for (text, wanted) in [
        ("git:///z", "host"),
        ("ssh://git@/z", "host"),
        ("https://h", "path"),
        ("https://h/", "path"),
        ("git@h:", "path"),
        ("git://h:0/z", "port"),
        ("git://h:65536/z", "port"),
        ("git://h:+1x/z", "port"),
        ("git://h:/z", "port"),
        ("git://[::1/z", "port"),
        ("git://[::1]x/z", "port"),
        ("git://ho st/z", "host"),
        ("git://h\r\n/z", "host"),
        ("git://h\0/z", "host"),
        ("git://höst/z", "host"),
        ("git://h/z\nhost=other", "path"),
        ("git://h/z\0host=other", "path"),
        ("ssh://h/z\x1b[2J", "path"),
        ("ssh://h/%2e%2e/z", "path"),
        ("https://h/z HTTP/1.1", "path"),
        ("https://h/z\r\nX: y", "path"),
        ("https://h/a#b#main", "path"),
        ("ssh://@h/z", "user"),
        ("ssh://a b@h/z", "user"),
        ("ssh://a\n@h/z", "user"),
        ("a@b@h:z", "user"),
    ] {
        match Location::parse(text) {
            Err(LocationError::Malformed { part, .. }) => assert_eq!(part, wanted, "{text:?}"),
            other => panic!("{text:?}: {other:?}"),
        }
    }
}

/// CVE-2020-5260 and its like: what may be a secret is refused, and no message repeats it.
#[test]
fn secrets_are_refused_and_never_shown() {
    for text in [
        "https://user:canary@h/z",
        "https://canary@h/z",
        "http://:canary@h/z",
        "git://canary@h/z",
        "ssh://user:canary@h/z",
        "user:canary@h:z",
        "https://h/z?access_token=canary",
        "https://user:canary@h:0/z#main",
    ] {
        let error = Location::parse(text).unwrap_err();
        assert!(error.to_string().contains("token file"), "{text}: {error}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("canary"), "{shown}");
    }
    for text in [
        "ftp://user:canary@h/z",
        "https://user:canary@h",
        "x://canary",
    ] {
        let error = Location::parse(text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{text}");
    }
}
