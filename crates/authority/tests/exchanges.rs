//! Whole exchanges that a table of questions cannot show: odd messages, options, cookies.
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

use authority::{Authority, Config, CookiePolicy, CookieSecret, Cookies, Nsid, Transport};
use rr::{Class, Rtype};
use wire::message::{Ask, AskEdns, Message, query};
use wire::{EdnsOption, Flags, OptionCode, ResponseCode};

mod support;

const UDP: Transport = Transport::Udp;

fn plain() -> Vec<u8> {
    query(
        0xABCD,
        support::name("ns2.plain.example.").as_ref(),
        Rtype::A,
    )
}

fn with_options(options: &[(OptionCode, &[u8])]) -> Vec<u8> {
    let name = support::name("ns2.plain.example.");
    let options = options
        .iter()
        .map(|(code, data)| EdnsOption { code: *code, data })
        .collect();
    let edns = Some(AskEdns {
        payload_size: 1232,
        options,
        ..AskEdns::default()
    });
    Ask {
        id: 1,
        flags: Flags::default(),
        name: name.as_ref(),
        rtype: Rtype::A,
        class: Class::IN,
        edns,
    }
    .emit()
}

fn octets(config: Config, message: &[u8], transport: Transport) -> Option<Vec<u8>> {
    support::exchange(
        &Authority::new(config),
        &support::all_zones(),
        message,
        transport,
    )
}

fn answer(config: Config, message: &[u8], transport: Transport) -> Message {
    Message::read(&octets(config, message, transport).expect("an answer")).unwrap()
}

fn option(message: &Message, code: OptionCode) -> Option<&[u8]> {
    message
        .edns
        .as_ref()?
        .options
        .iter()
        .find(|(found, _)| *found == code)
        .map(|(_, data)| &**data)
}

/// With the octets of the header from the third on replaced.
fn headed(flags: u16, counts: [u8; 4]) -> Vec<u8> {
    let mut message = plain();
    message[2..4].copy_from_slice(&flags.to_be_bytes());
    for (at, count) in counts.into_iter().enumerate() {
        message[5 + 2 * at] = count;
    }
    message
}

#[test]
fn silence_is_for_what_is_no_query() {
    assert_eq!(octets(Config::default(), &[], UDP), None);
    assert_eq!(octets(Config::default(), &plain()[..11], UDP), None);
    assert_eq!(
        octets(Config::default(), &headed(0x8000, [1, 0, 0, 0]), UDP),
        None,
        "QR: packets do not loop"
    );
}

/// RFC 8906 §3.1.4: an operation nobody knows has no sections that we could know.
#[test]
fn unknown_operations_are_not_implemented() {
    for opcode in [1, 2, 3, 6, 7, 15] {
        let told = octets(Config::default(), &headed(opcode << 11, [1, 0, 0, 0]), UDP).unwrap();
        assert_eq!(told.len(), 12, "opcode {opcode}");
        assert_eq!(told[2..4], (0x8000 | opcode << 11 | 4).to_be_bytes());
    }
}

/// RFC 1996 §3.12, RFC 2136 §3.1: until they are, with the question as it came.
#[test]
fn notify_and_update_are_not_implemented() {
    for opcode in [4, 5] {
        let told = octets(Config::default(), &headed(opcode << 11, [1, 0, 0, 0]), UDP).unwrap();
        assert_eq!(
            (told[3] & 15, told.len()),
            (4, plain().len()),
            "opcode {opcode}"
        );
    }
}

/// RFC 9619 §4.
#[test]
fn one_question_no_more_no_less() {
    let none = octets(Config::default(), &headed(0, [0, 0, 0, 0])[..12], UDP).unwrap();
    assert_eq!((none[3] & 15, none.len()), (1, 12));
    let mut two = headed(0, [2, 0, 0, 0]);
    two.extend_from_slice(&plain()[12..]);
    let told = octets(Config::default(), &two, UDP).unwrap();
    assert_eq!((told[3] & 15, told.len()), (1, 12), "neither is echoed");
}

/// RFC 8906 §3.1.2: flags that nobody knows are ignored, and not sent back.
#[test]
fn unknown_flags_are_ignored() {
    let told = octets(Config::default(), &headed(0x0040, [1, 0, 0, 0]), UDP).unwrap();
    assert_eq!(told[2..4], [0x84, 0]);
    // RFC 6891 §6.1.4: the Z bits of an OPT record too.
    let mut message = with_options(&[]);
    let flags_at = message.len() - 4;
    message[flags_at..flags_at + 2].copy_from_slice(&[0x7F, 0xFF]);
    let told = octets(Config::default(), &message, UDP).unwrap();
    assert_eq!(told[told.len() - 4..told.len() - 2], [0, 0]);
}

/// RFC 6891 §6.1.1 and §6.1.2.
#[test]
fn opt_comes_only_for_opt_and_has_only_what_is_asked_for() {
    assert!(answer(Config::default(), &plain(), UDP).edns.is_none());
    let unknown = with_options(&[(OptionCode(65001), b"?"), (OptionCode(8), &[0, 1, 0, 0])]);
    let edns = answer(Config::default(), &unknown, UDP).edns.unwrap();
    assert!(edns.options.is_empty(), "unknown options are not sent back");
    assert_eq!(
        (edns.version, edns.payload_size, edns.dnssec_ok),
        (0, 1232, false)
    );
}

/// RFC 5001 §2.1: the commit that the zone is from, or the newest if there is no zone.
#[test]
fn nsid_names_the_commit() {
    let config = || Config {
        nsid: Nsid::Revision,
        ..Config::default()
    };
    let asked = with_options(&[(OptionCode::NSID, b"")]);
    assert_eq!(
        option(&answer(config(), &asked, UDP), OptionCode::NSID),
        Some(&b"c0ffee"[..])
    );
    assert_eq!(
        option(&answer(config(), &with_options(&[]), UDP), OptionCode::NSID),
        None,
        "only if asked"
    );
    assert_eq!(
        option(&answer(Config::default(), &asked, UDP), OptionCode::NSID),
        None,
        "only if wanted"
    );
    let fixed = Config {
        nsid: Nsid::Octets(vec![b'x'; 300].into()),
        ..Config::default()
    };
    assert_eq!(
        option(&answer(fixed, &asked, UDP), OptionCode::NSID).map(<[u8]>::len),
        Some(128)
    );
    let mut elsewhere = asked;
    elsewhere[17] = b'?';
    let refused = answer(config(), &elsewhere, UDP);
    assert_eq!(
        (refused.rcode, option(&refused, OptionCode::NSID)),
        (ResponseCode::Refused, Some(&b"beef"[..]))
    );
}

/// RFC 9660 §3.2 and §3.2.2: never unasked; §3.2.1: a malformed option is a format error.
#[test]
fn the_version_of_the_zone_is_for_who_asks() {
    let asked = with_options(&[(OptionCode::ZONEVERSION, b"")]);
    for transport in [UDP, Transport::Tcp] {
        let told = answer(Config::default(), &asked, transport);
        let version = option(&told, OptionCode::ZONEVERSION);
        assert_eq!(version, Some(&[2, 0, 0, 0, 0, 7][..]));
        let unasked = answer(Config::default(), &with_options(&[]), transport);
        assert_eq!(option(&unasked, OptionCode::ZONEVERSION), None);
    }
    let empty = (OptionCode::ZONEVERSION, &b""[..]);
    for wrong in [
        &[(OptionCode::ZONEVERSION, &b"\0"[..])][..],
        &[empty, empty],
    ] {
        let told = answer(Config::default(), &with_options(wrong), UDP);
        assert_eq!(told.rcode, ResponseCode::FormErr);
        assert_eq!(option(&told, OptionCode::ZONEVERSION), None);
    }
}

/// RFC 7828 §3.2.1: over UDP the option is ignored, over TCP answered.
#[test]
fn keepalive_is_for_tcp() {
    let config = || Config {
        tcp_idle: Some(300),
        ..Config::default()
    };
    let asked = with_options(&[(OptionCode::KEEPALIVE, b"")]);
    assert_eq!(
        option(&answer(config(), &asked, UDP), OptionCode::KEEPALIVE),
        None
    );
    let told = answer(config(), &asked, Transport::Tcp);
    assert_eq!(option(&told, OptionCode::KEEPALIVE), Some(&[1, 44][..]));
    let unasked = answer(config(), &with_options(&[]), Transport::Tcp);
    assert_eq!(option(&unasked, OptionCode::KEEPALIVE), None);
}

/// RFC 7830 §4, RFC 8467 §4.1: to who pads, over TLS only, whatever the answer is.
#[test]
fn padding_is_for_tls() {
    let asked = with_options(&[(OptionCode::PADDING, b"\0\0\0")]);
    for transport in [UDP, Transport::Tcp] {
        let open = answer(Config::default(), &asked, transport);
        assert_eq!(option(&open, OptionCode::PADDING), None);
    }
    let unasked = answer(Config::default(), &with_options(&[]), Transport::Tls);
    assert_eq!(option(&unasked, OptionCode::PADDING), None);
    let mut unknown_version = asked.clone();
    let version_at = unknown_version.len() - 12;
    unknown_version[version_at] = 1;
    let mut elsewhere = asked.clone();
    elsewhere[17] = b'?';
    for message in [&asked, &elsewhere] {
        let padded = octets(Config::default(), message, Transport::Tls).unwrap();
        assert_eq!(padded.len(), 468);
        let padded = Message::read(&padded).unwrap();
        let padding = option(&padded, OptionCode::PADDING).unwrap();
        assert!(padding.iter().all(|octet| *octet == 0));
    }
    // RFC 6891 §6.1.3: of a version that is not known no option is.
    let told = answer(Config::default(), &unknown_version, Transport::Tls);
    assert_eq!(
        (told.rcode, option(&told, OptionCode::PADDING)),
        (ResponseCode::BADVERS, None)
    );
}

/// But for padding, TLS is TCP: nothing is cut or held back, and ANY gives all.
#[test]
fn answers_over_tls_are_those_over_tcp() {
    let (authority, zones) = (Authority::default(), support::all_zones());
    for (message, _) in support::questions() {
        let [over_tcp, over_tls] = [Transport::Tcp, Transport::Tls]
            .map(|transport| support::exchange(&authority, &zones, &message, transport));
        assert_eq!(over_tcp, over_tls);
    }
}

fn baking(policy: CookiePolicy) -> Config {
    let cookies = Cookies {
        secret: CookieSecret::new([9; 16]),
        previous: None,
        policy,
    };
    Config {
        cookies: Some(cookies),
        ..Config::default()
    }
}

/// RFC 7873 §5.2.
#[test]
fn cookies_are_offered_or_required() {
    let first = with_options(&[(OptionCode::COOKIE, b"clientck")]);
    let ignored = answer(Config::default(), &first, UDP);
    assert_eq!(option(&ignored, OptionCode::COOKIE), None);

    let offered = answer(baking(CookiePolicy::Offer), &first, UDP);
    let cookie = option(&offered, OptionCode::COOKIE).unwrap().to_vec();
    assert_eq!(
        (cookie.len(), &cookie[..8], offered.answer.len()),
        (24, &b"clientck"[..], 1)
    );

    let refused = answer(baking(CookiePolicy::Require), &first, UDP);
    assert_eq!(
        (refused.rcode, refused.answer.len()),
        (ResponseCode::BADCOOKIE, 0)
    );
    assert_eq!(
        option(&refused, OptionCode::COOKIE),
        Some(&*cookie),
        "with which to come back"
    );
    let second = with_options(&[(OptionCode::COOKIE, &cookie)]);
    let welcome = answer(baking(CookiePolicy::Require), &second, UDP);
    assert_eq!(
        (welcome.rcode, welcome.answer.len()),
        (ResponseCode::NoError, 1)
    );

    let mut forged = cookie;
    forged[23] ^= 1;
    let forged = with_options(&[(OptionCode::COOKIE, &forged)]);
    assert_eq!(
        answer(baking(CookiePolicy::Require), &forged, UDP).rcode,
        ResponseCode::BADCOOKIE
    );
    // RFC 7873 §5.2.3: TCP has shown that the address is true. Who does not speak cookies is served as ever.
    assert_eq!(
        answer(baking(CookiePolicy::Require), &forged, Transport::Tcp).rcode,
        ResponseCode::NoError
    );
    assert_eq!(
        answer(baking(CookiePolicy::Require), &plain(), UDP).rcode,
        ResponseCode::NoError
    );
}

/// RFC 7873 §5.2.2.
#[test]
fn cookies_have_a_length() {
    for length in [0, 1, 7, 9, 15, 41] {
        let told = answer(
            baking(CookiePolicy::Offer),
            &with_options(&[(OptionCode::COOKIE, &vec![1; length])]),
            UDP,
        );
        assert_eq!(told.rcode, ResponseCode::FormErr, "{length} octets");
        let text = [&[0, 0][..], b"illegal cookie length"].concat();
        assert_eq!(option(&told, OptionCode::EDE), Some(&*text));
        assert_eq!(option(&told, OptionCode::COOKIE), None);
    }
}

/// RFC 7873 §5.4.
#[test]
fn a_cookie_can_be_asked_for_alone() {
    let alone = |cookie: &[u8]| {
        let mut message = with_options(&[(OptionCode::COOKIE, cookie)]);
        message.drain(12..12 + plain().len() - 12);
        message[5] = 0;
        message
    };
    let told = answer(baking(CookiePolicy::Offer), &alone(b"clientck"), UDP);
    let cookie = option(&told, OptionCode::COOKIE).unwrap().to_vec();
    assert_eq!(
        (told.rcode, told.questions.len(), cookie.len()),
        (ResponseCode::NoError, 0, 24)
    );
    assert_eq!(
        answer(baking(CookiePolicy::Offer), &alone(&cookie), UDP).rcode,
        ResponseCode::NoError
    );
    assert_eq!(
        answer(baking(CookiePolicy::Offer), &alone(&[1; 24]), UDP).rcode,
        ResponseCode::BADCOOKIE
    );
    assert_eq!(
        answer(Config::default(), &alone(b"clientck"), UDP).rcode,
        ResponseCode::FormErr
    );
}

/// RFC 9715 §3.1: 1,232 octets, whatever the client offers.
#[test]
fn octets_are_never_more_than_promised() {
    let name = support::name("big.plain.example.");
    let large = Some(AskEdns {
        payload_size: 65_535,
        ..AskEdns::default()
    });
    let ask = Ask {
        id: 1,
        flags: Flags::default(),
        name: name.as_ref(),
        rtype: Rtype::A,
        class: Class::IN,
        edns: large,
    };
    let told = answer(Config::default(), &ask.emit(), UDP);
    assert!(told.flags.has(Flags::TC) && told.answer.is_empty());
    let whole = answer(Config::default(), &ask.emit(), Transport::Tcp);
    assert_eq!(
        (whole.answer.len(), whole.flags.has(Flags::TC)),
        (100, false)
    );
}

/// RFC 8914 §4.25: a zone without a good version is not refused, and not answered for by the zone above it.
#[test]
fn a_zone_without_a_good_version_fails() {
    let authority = Authority::new(Config::default());
    let (parent, child) = (
        support::name("plain.example."),
        support::name("deep.plain.example."),
    );
    let tell = |zones: &zone::Zones, text: &str| {
        let (message, transport) = support::question(text);
        let told =
            Message::read(&support::exchange(&authority, zones, &message, transport).unwrap())
                .unwrap();
        (
            told.rcode,
            option(&told, OptionCode::EDE).map(|data| data[1]),
        )
    };
    let zones = support::zones(["plain.example"])
        .awaiting(child.as_ref())
        .awaiting(parent.as_ref());
    let failed = (ResponseCode::ServFail, Some(24));
    assert_eq!(tell(&zones, "DEEP.plain.example. SOA +edns"), failed);
    assert_eq!(tell(&zones, "x.deep.plain.example. TXT +edns"), failed);
    assert_eq!(
        tell(&zones, "www.plain.example. A +edns"),
        (ResponseCode::NoError, None),
        "this one is there"
    );
    assert_eq!(
        tell(&zones, "deep.plain.example. DS +edns").0,
        ResponseCode::NoError,
        "DS is the parent's"
    );
    let zones = zones.without(child.as_ref());
    assert_eq!(
        tell(&zones, "x.deep.plain.example. TXT +edns"),
        (ResponseCode::NoError, None)
    );
    let alone = support::zones([]).awaiting(parent.as_ref());
    assert_eq!(tell(&alone, "www.plain.example. A +edns"), failed);
    assert_eq!(
        tell(&alone, "www.elsewhere.test. A +edns"),
        (ResponseCode::Refused, Some(20))
    );
}

/// RFC 8914 §4.15: while nobody knows which zones there are, no question is refused.
#[test]
fn before_it_is_known_which_zones_there_are_questions_fail() {
    let authority = Authority::new(Config::default());
    let (message, transport) = support::question("www.elsewhere.test. A +edns");
    let tell = |zones: &zone::Zones| {
        let answer = support::exchange(&authority, zones, &message, transport).unwrap();
        let told = Message::read(&answer).unwrap();
        let error = option(&told, OptionCode::EDE).unwrap();
        (told.rcode, error.to_vec())
    };
    let pending = zone::Zones::pending(zone::HashKey::new([1, 2]));
    let (rcode, error) = tell(&pending);
    assert_eq!(rcode, ResponseCode::ServFail);
    assert_eq!(error[..2], [0, 14]);
    assert_eq!(&error[2..], b"zones have not been fetched yet");
    let (rcode, error) = tell(&pending.at_revision(zone::Revision::new("first")));
    assert_eq!((rcode, &error[..]), (ResponseCode::Refused, &[0, 20][..]));
}
