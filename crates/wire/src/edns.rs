//! EDNS: what an OPT record says in a query, and the one written into a response (RFC 6891).

use crate::fault::FaultKind;

/// The most options of one OPT record that are looked at; what follows is ignored.
pub(crate) const OPTIONS_MAX: usize = 32;
/// Fixed octets of an OPT record: root owner, type, class, TTL and length.
const OPT_FIXED: usize = 11;
/// DO in the flags of an OPT record (RFC 3225).
const DNSSEC_OK: u16 = 0x8000;

/// The code of an EDNS option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionCode(pub u16);

impl OptionCode {
    /// Name server identifier (RFC 5001).
    pub const NSID: OptionCode = OptionCode(3);
    /// For how long a zone is good without word from its primary (RFC 7314).
    pub const EXPIRE: OptionCode = OptionCode(9);
    /// Cookie (RFC 7873).
    pub const COOKIE: OptionCode = OptionCode(10);
    /// edns-tcp-keepalive (RFC 7828).
    pub const KEEPALIVE: OptionCode = OptionCode(11);
    /// Padding (RFC 7830).
    pub const PADDING: OptionCode = OptionCode(12);
    /// Extended DNS error (RFC 8914).
    pub const EDE: OptionCode = OptionCode(15);
    /// Version of the zone that an answer is from (RFC 9660).
    pub const ZONEVERSION: OptionCode = OptionCode(19);
}

/// One option as it stands in an OPT record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdnsOption<'a> {
    /// What it is.
    pub code: OptionCode,
    /// Its data, possibly empty.
    pub data: &'a [u8],
}

/// The options of an OPT record, in the order sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Options<'a> {
    type Item = EdnsOption<'a>;

    /// Ends at the first option that is cut short.
    fn next(&mut self) -> Option<EdnsOption<'a>> {
        let (head, rest) = self.0.split_first_chunk::<4>()?;
        let code = OptionCode(u16::from_be_bytes([head[0], head[1]]));
        let (data, rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes([head[2], head[3]])))?;
        self.0 = rest;
        Some(EdnsOption { code, data })
    }
}

/// A COOKIE option of legal length (RFC 7873 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieOption<'a> {
    /// What the client made up for this server.
    pub client: [u8; 8],
    /// What some server once answered; empty or 8 to 32 octets.
    pub server: &'a [u8],
}

impl<'a> CookieOption<'a> {
    fn parse(data: &'a [u8]) -> Result<Self, FaultKind> {
        match (data.split_first_chunk::<8>(), data.len()) {
            (Some((client, server)), 8 | 16..=40) => Ok(Self {
                client: *client,
                server,
            }),
            // RFC 7873 §5.2.2: any other length is a format error.
            _ => Err(FaultKind::CookieLength),
        }
    }
}

/// The OPT record of a query.
///
/// Of each kind of option the first counts. Options nobody here knows are ignored (RFC 6891 §6.1.2).
#[derive(Clone, Copy, Debug, Default)]
pub struct Edns<'a> {
    /// The largest UDP response the sender takes, as sent; below 512 means 512 (RFC 6891 §6.2.3).
    pub payload_size: u16,
    /// The upper eight bits of the response code; zero in a query.
    pub rcode_high: u8,
    /// The EDNS version; options are read for version 0 only.
    pub version: u8,
    /// DNSSEC records are wanted (RFC 3225).
    pub dnssec_ok: bool,
    /// An NSID option was sent (RFC 5001 §2.1).
    pub nsid: bool,
    /// A keepalive option was sent (RFC 7828); it means nothing over UDP.
    pub keepalive: bool,
    /// A ZONEVERSION option was sent (RFC 9660 §3.1).
    pub zone_version: bool,
    /// A padding option was sent, of any length (RFC 7830 §4); it means nothing where others can read along.
    pub padding: bool,
    /// The cookie.
    pub cookie: Option<CookieOption<'a>>,
    options: Options<'a>,
}

impl<'a> Edns<'a> {
    /// From the class, TTL and data of an OPT record.
    pub(crate) fn parse(class: u16, ttl: u32, data: &'a [u8]) -> Result<Self, FaultKind> {
        let [rcode_high, version, flags_high, flags_low] = ttl.to_be_bytes();
        let mut edns = Edns {
            payload_size: class,
            rcode_high,
            version,
            dnssec_ok: u16::from_be_bytes([flags_high, flags_low]) & DNSSEC_OK != 0,
            options: Options(data),
            ..Edns::default()
        };
        // RFC 6891 §6.1.3: of a version we do not know only the version is understood.
        if version == 0 && !data.is_empty() {
            edns.look_at_options()?;
        }
        Ok(edns)
    }

    fn look_at_options(&mut self) -> Result<(), FaultKind> {
        let mut options = self.options;
        for option in options.by_ref().take(OPTIONS_MAX) {
            match option.code {
                OptionCode::NSID => self.nsid = true,
                OptionCode::KEEPALIVE => self.keepalive = true,
                OptionCode::PADDING => self.padding = true,
                OptionCode::COOKIE if self.cookie.is_none() => {
                    self.cookie = Some(CookieOption::parse(option.data)?);
                }
                OptionCode::ZONEVERSION => self.zone_version = true,
                _ => {}
            }
        }
        // Either all was read, or what is left begins with a whole option beyond the bound.
        if options.0.is_empty() || options.next().is_some() {
            Ok(())
        } else {
            Err(FaultKind::OptOptions)
        }
    }

    /// RFC 9660 §3.2.1: in a query, an option that says something, or a second one, is a format error.
    #[cold]
    pub(crate) fn check_version_asked(&self) -> Result<(), FaultKind> {
        let mut asked = self
            .options()
            .filter(|option| option.code == OptionCode::ZONEVERSION);
        match (asked.next(), asked.next()) {
            (Some(option), None) if option.data.is_empty() => Ok(()),
            _ => Err(FaultKind::ZoneVersion),
        }
    }

    /// All options as sent, at most the 32 that are looked at.
    pub fn options(&self) -> impl Iterator<Item = EdnsOption<'a>> + use<'a> {
        self.options.take(OPTIONS_MAX)
    }
}

/// An extended DNS error (RFC 8914).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ede<'a> {
    /// INFO-CODE.
    pub code: u16,
    /// EXTRA-TEXT, for people; may be empty. Never a secret.
    pub text: &'a str,
}

impl<'a> Ede<'a> {
    /// Other error.
    pub const OTHER: u16 = 0;
    /// The zone is not loaded yet.
    pub const NOT_READY: u16 = 14;
    /// Policy forbids.
    pub const PROHIBITED: u16 = 18;
    /// Not authoritative for the name.
    pub const NOT_AUTHORITATIVE: u16 = 20;
    /// Operation or type not supported.
    pub const NOT_SUPPORTED: u16 = 21;
    /// Another machine that is needed for it does not answer.
    pub const NETWORK_ERROR: u16 = 23;
    /// The server has no usable data for a zone it is to serve.
    pub const INVALID_DATA: u16 = 24;

    /// An error with this INFO-CODE and EXTRA-TEXT.
    pub const fn new(code: u16, text: &'a str) -> Self {
        Ede { code, text }
    }
}

/// Which version of a zone an answer is from: the ZONEVERSION option of type SOA-SERIAL (RFC 9660 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneVersion {
    /// How many labels at the end of QNAME are the name of the zone, the root not counted.
    pub labels: u8,
    /// The serial of its SOA record.
    pub serial: u32,
}

impl ZoneVersion {
    /// Octets of the option's data (RFC 9660 §4).
    const DATA: usize = 6;
    /// Octets of the option.
    pub const SIZE: usize = 4 + Self::DATA;

    /// RFC 9660 §2.1: LABELCOUNT, TYPE, VERSION; §4: the type of a serial is 0.
    fn data(self) -> [u8; Self::DATA] {
        let [a, b, c, d] = self.serial.to_be_bytes();
        [self.labels, 0, a, b, c, d]
    }
}

/// The OPT record of a response. Only what is asked for is in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Opt<'a> {
    /// The largest UDP query we take.
    pub payload_size: u16,
    /// The upper eight bits of the response code.
    pub rcode_high: u8,
    /// DO, copied from the query (RFC 3225 §3).
    pub dnssec_ok: bool,
    /// The name of this server (RFC 5001).
    pub nsid: Option<&'a [u8]>,
    /// Client and server cookie (RFC 9018).
    pub cookie: Option<[u8; 24]>,
    /// For how many units of 100 ms an idle TCP connection is kept (RFC 7828).
    pub keepalive: Option<u16>,
    /// Seconds for which the zone is good without word from its primary (RFC 7314).
    pub expire_secs: Option<u32>,
    /// The extended error.
    pub ede: Option<Ede<'a>>,
    /// The version of the zone (RFC 9660).
    pub zone_version: Option<ZoneVersion>,
    /// So many octets of padding; the last option (RFC 7830 §3).
    pub padding: Option<u16>,
}

impl Opt<'_> {
    /// Octets on the wire.
    pub fn size(&self) -> usize {
        OPT_FIXED + self.data_size()
    }

    fn data_size(&self) -> usize {
        self.nsid.map_or(0, |id| 4 + id.len())
            + self.cookie.map_or(0, |cookie| 4 + cookie.len())
            + self.keepalive.map_or(0, |_| 6)
            + self.expire_secs.map_or(0, |_| 8)
            + self.ede.map_or(0, |ede| 6 + ede.text.len())
            + self.zone_version.map_or(0, |_| ZoneVersion::SIZE)
            + self.padding.map_or(0, |octets| 4 + usize::from(octets))
    }

    /// Hands each run of octets of the record to `put`, in order.
    pub(crate) fn emit<E>(&self, mut put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let octets = self.data_size();
        put(&self.fixed(octets as u16))?;
        // Most clients ask for nothing.
        if octets == 0 {
            return Ok(());
        }
        self.emit_options(put)
    }

    /// In the order of the fields.
    fn emit_options<E>(&self, mut put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        if let Some(id) = self.nsid {
            put(&option_head(OptionCode::NSID, id.len()))?;
            put(id)?;
        }
        if let Some(cookie) = &self.cookie {
            put(&option_head(OptionCode::COOKIE, cookie.len()))?;
            put(cookie)?;
        }
        if let Some(timeout) = self.keepalive {
            put(&option_head(OptionCode::KEEPALIVE, 2))?;
            put(&timeout.to_be_bytes())?;
        }
        if let Some(secs) = self.expire_secs {
            put(&option_head(OptionCode::EXPIRE, 4))?;
            put(&secs.to_be_bytes())?;
        }
        if let Some(ede) = self.ede {
            put(&option_head(OptionCode::EDE, 2 + ede.text.len()))?;
            put(&ede.code.to_be_bytes())?;
            put(ede.text.as_bytes())?;
        }
        if let Some(version) = self.zone_version {
            put(&option_head(OptionCode::ZONEVERSION, ZoneVersion::DATA))?;
            put(&version.data())?;
        }
        match self.padding {
            None => Ok(()),
            Some(octets) => emit_padding(octets.into(), put),
        }
    }

    /// RFC 6891 §6.1.2 and §6.1.3: version 0; of the flags only DO, Z is zero.
    fn fixed(&self, data_octets: u16) -> [u8; OPT_FIXED] {
        let [size_high, size_low] = self.payload_size.to_be_bytes();
        let [flags_high, flags_low] = if self.dnssec_ok {
            DNSSEC_OK.to_be_bytes()
        } else {
            [0, 0]
        };
        let [length_high, length_low] = data_octets.to_be_bytes();
        [
            0,
            0,
            41,
            size_high,
            size_low,
            self.rcode_high,
            0,
            flags_high,
            flags_low,
            length_high,
            length_low,
        ]
    }
}

/// RFC 7830 §3: zeros.
#[cold]
fn emit_padding<E>(octets: usize, mut put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    const ZEROS: [u8; 64] = [0; 64];
    put(&option_head(OptionCode::PADDING, octets))?;
    for _ in 0..octets / ZEROS.len() {
        put(&ZEROS)?;
    }
    put(&ZEROS[..octets % ZEROS.len()])
}

fn option_head(code: OptionCode, length: usize) -> [u8; 4] {
    let [code_high, code_low] = code.0.to_be_bytes();
    let [length_high, length_low] = (length as u16).to_be_bytes();
    [code_high, code_low, length_high, length_low]
}
