//! The rules that a zone is checked against: one table, and the text that explains each of them.
//!
//! A rule's id is stable: operators write it into `.zonecheck` files and `; stemma: allow` comments.

mod nearest;
mod severity;

use core::fmt;
use core::str::FromStr;

pub use nearest::nearest;
pub use severity::{Severity, UnknownSeverity};

/// The table: variant, id, severity unless the repository says otherwise, and what is wrong in one line.
/// Each rule has its explanation in `explain/ID.txt`, or this does not compile.
macro_rules! rules {
    ($($variant:ident $id:literal $severity:ident $summary:literal;)*) => {
        /// A rule that zone text is checked against.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $summary] $variant,)*
        }

        impl Rule {
            /// Every rule, in the order of the table: text first, then the zone, then its history and its exceptions.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant,)*];

            /// The stable name of the rule: lower-case words joined by hyphens.
            pub const fn id(self) -> &'static str {
                match self { $(Rule::$variant => $id,)* }
            }

            /// How severe a finding is unless a [`Policy`](crate::check::Policy) says otherwise.
            pub const fn default_severity(self) -> Severity {
                match self { $(Rule::$variant => Severity::$severity,)* }
            }

            /// What is wrong, in one line without a full stop.
            pub const fn summary(self) -> &'static str {
                match self { $(Rule::$variant => $summary,)* }
            }

            /// What it is, why it hurts, how to repair it, a bad and a good example, and where it is written.
            /// Plain text of several paragraphs, lines of at most 80 characters, examples indented by four.
            pub const fn explain(self) -> &'static str {
                match self { $(Rule::$variant => include_str!(concat!("explain/", $id, ".txt")),)* }
            }
        }
    };
}

rules! {
    // The text.
    MergeMarker "merge-marker" Error "a left-over marker of a merge conflict";
    UnclosedParenthesis "unclosed-parenthesis" Error "an opening parenthesis is never closed";
    StrayParenthesis "stray-parenthesis" Error "a closing parenthesis that closes nothing";
    UnclosedQuote "unclosed-quote" Error "a quoted string does not end on its line";
    BadOctet "bad-octet" Error "an octet that does not belong in zone text";
    UnknownDirective "unknown-directive" Error "no such directive";
    BadDirective "bad-directive" Error "a directive with a wrong or missing argument";
    BadTtl "bad-ttl" Error "not a time to live";
    NoTtl "no-ttl" Error "nothing says how long the record may be kept";
    NoOwner "no-owner" Error "the first record has no owner";
    UnknownType "unknown-type" Error "no such record type";
    MissingType "missing-type" Error "the record ends before its type";
    OtherClass "other-class" Error "the record is not of the zone's class";
    LabelTooLong "label-too-long" Error "a label of more than 63 octets";
    NameTooLong "name-too-long" Error "a name of more than 255 octets";
    EmptyLabel "empty-label" Error "nothing between two dots";
    BadEscape "bad-escape" Error "a backslash before something that it cannot escape";
    BadAddress "bad-address" Error "not an IP address";
    BadNumber "bad-number" Error "not a number, or too large for its field";
    BadEncoding "bad-encoding" Error "not valid Base64 or hexadecimal";
    MissingField "missing-field" Error "the record ends before all its fields are there";
    ExtraField "extra-field" Error "something is left after the last field";
    StringTooLong "string-too-long" Error "a string of more than 255 octets";
    BadData "bad-data" Error "the data does not have the form of its type";
    IncludeMissing "include-missing" Error "the included file does not exist";
    IncludeRefused "include-refused" Error "the included file may not be read";
    IncludeTooDeep "include-too-deep" Error "files include each other too deeply";
    BadGenerate "bad-generate" Error "a $GENERATE that cannot be carried out";
    RepeatedField "repeated-field" Error "TTL or class are given twice";
    ZoneTooLarge "zone-too-large" Error "the zone is larger than its limit";
    TooManyErrors "too-many-errors" Error "more mistakes than are worth reporting";

    // The zone.
    MissingFinalDot "missing-final-dot" Error "a name in the data lacks its final dot";
    OwnerMissingFinalDot "owner-missing-final-dot" Warning "the owner lacks its final dot";
    TargetIsAddress "target-is-address" Error "an address stands where a name belongs";
    CnameAndOtherData "cname-and-other-data" Error "a CNAME beside other records";
    SeveralCnames "several-cnames" Error "more than one CNAME at one name";
    SeveralDnames "several-dnames" Error "more than one DNAME at one name";
    NoSoa "no-soa" Error "the zone has no SOA record";
    DuplicateSoa "duplicate-soa" Error "more than one SOA record";
    SoaNotAtApex "soa-not-at-apex" Error "an SOA record below the top of the zone";
    NoApexNs "no-apex-ns" Error "the zone names no name servers";
    OutOfZone "out-of-zone" Error "the owner is not in this zone";
    TtlDiffers "ttl-differs" Error "records of one set have different TTLs";
    SetTooLarge "set-too-large" Error "a set of records that fits into no message";
    DuplicateRecord "duplicate-record" Warning "the same record twice";
    MxToCname "mx-to-cname" Error "an MX points to an alias";
    NsToCname "ns-to-cname" Error "an NS points to an alias";
    SrvToCname "srv-to-cname" Warning "an SRV points to an alias";
    DelegationWithoutGlue "delegation-without-glue" Error "a name server inside its child zone has no address here";
    NsWithoutAddress "ns-without-address" Error "a name server of this zone has no address";
    TargetWithoutAddress "target-without-address" Warning "the name pointed to has no address";
    CnameLoop "cname-loop" Error "an alias leads back to itself";
    CnameToMissingName "cname-to-missing-name" Warning "an alias points to a name that does not exist";
    BelowZoneCut "below-zone-cut" Warning "records that a delegation hides";
    BelowDname "below-dname" Error "records that a DNAME hides";
    DnameBesideNs "dname-beside-ns" Error "a DNAME at a delegation";
    DsWithoutNs "ds-without-ns" Error "a DS record without a delegation";
    DsAtApex "ds-at-apex" Error "a DS record at the top of its own zone";
    WildcardNs "wildcard-ns" Error "a delegation at a wildcard";
    SeveralSpf "several-spf" Error "more than one SPF policy at one name";
    SeveralDmarc "several-dmarc" Error "more than one DMARC policy at one name";
    NullMxNotAlone "null-mx-not-alone" Error "\"no mail\" beside another MX";
    BadHostName "bad-host-name" Warning "not a name that a host can have";
    DigestLength "digest-length" Error "the digest does not have the length of its algorithm";
    CaaUnknownTag "caa-unknown-tag" Error "no such CAA property";
    CaaNoAccount "caa-no-account" Off "a CAA record that any account of the authority satisfies";
    Nsec3Iterations "nsec3-iterations" Warning "extra rounds of NSEC3 hashing";
    WeakAlgorithm "weak-algorithm" Warning "a signing algorithm that must not be used any more";
    SvcbAliasBesideService "svcb-alias-beside-service" Warning "AliasMode beside ServiceMode";
    SoaMailbox "soa-mailbox" Warning "an @ in the mailbox of the SOA record";
    SoaTimers "soa-timers" Note "the timers of the SOA record contradict each other";
    UnsignedRrset "unsigned-rrset" Error "a set without a signature in a signed zone";
    SignatureCoversNothing "signature-covers-nothing" Warning "a signature over records that are not there";
    SignatureExpired "signature-expired" Error "a signature that has expired";

    // Its history.
    SerialNotRaised "serial-not-raised" Error "the zone was changed and its serial was not";
    SerialLowered "serial-lowered" Error "the serial is lower than before";

    // Its exceptions.
    BadAllowance "bad-allowance" Warning "a comment that allows nothing";
    UnusedAllowance "unused-allowance" Warning "a comment that allows what is not there";
    BadPolicy "bad-policy" Error "a line of .zonecheck that cannot be read";
    BadUpdatePolicy "bad-update-policy" Error "a line of .zonepolicy that cannot be read";
    BadKey "bad-key" Error "a record of a _keys file that is no key";
}

impl Rule {
    /// Whether no repository and no comment can make less of it than an error: the text could not be read, or the
    /// zone cannot be served.
    pub const fn is_fixed(self) -> bool {
        (self as usize) <= Rule::TooManyErrors as usize
            || matches!(
                self,
                Rule::NoSoa
                    | Rule::SetTooLarge
                    | Rule::BadPolicy
                    | Rule::BadUpdatePolicy
                    | Rule::BadKey
            )
    }
}

/// The text names no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownRule {
    /// The rule that was perhaps meant.
    pub nearest: Option<Rule>,
}

impl FromStr for Rule {
    type Err = UnknownRule;

    /// Reads an id, in any case.
    fn from_str(text: &str) -> Result<Rule, UnknownRule> {
        let known = |rule: &Rule| rule.id().eq_ignore_ascii_case(text);
        match Rule::ALL.iter().copied().find(known) {
            Some(rule) => Ok(rule),
            None => Err(UnknownRule {
                nearest: nearest(text, Rule::ALL.iter().map(|rule| (rule.id(), *rule))),
            }),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.id())
    }
}

impl fmt::Display for UnknownRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nearest {
            Some(rule) => write!(out, "no such rule; did you mean {rule}?"),
            None => out.write_str("no such rule"),
        }
    }
}

impl core::error::Error for UnknownRule {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn ids_are_kebab_case_and_unique() {
        let ids: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        assert_eq!(ids.len(), Rule::ALL.len());
        for id in ids {
            assert!(
                id.split('-')
                    .all(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '3')),
                "{id}"
            );
            assert!(id.split('-').all(|word| !word.is_empty()), "{id}");
        }
    }

    #[test]
    fn only_what_cannot_be_served_is_fixed() {
        let last = Rule::ALL
            .iter()
            .rposition(|rule| rule.is_fixed() && *rule < Rule::MissingFinalDot);
        assert_eq!(last.map(|last| Rule::ALL[last]), Some(Rule::TooManyErrors));
        assert!(
            Rule::MergeMarker.is_fixed()
                && Rule::NoSoa.is_fixed()
                && !Rule::MissingFinalDot.is_fixed()
        );
        assert!(
            Rule::ALL
                .iter()
                .all(|rule| !rule.is_fixed() || rule.default_severity() == Severity::Error)
        );
    }

    #[test]
    fn explanations_fit_a_terminal() {
        for rule in Rule::ALL {
            for line in rule.explain().lines().filter(|line| !line.contains("aaaa")) {
                assert!(line.chars().count() <= 80, "{rule}: {line}");
            }
        }
    }

    #[test]
    fn a_misspelt_id_finds_its_rule() {
        assert_eq!("MX-to-CNAME".parse(), Ok(Rule::MxToCname));
        assert_eq!(
            "mx-to-cnmae".parse::<Rule>(),
            Err(UnknownRule {
                nearest: Some(Rule::MxToCname)
            })
        );
        assert_eq!(
            "weather".parse::<Rule>(),
            Err(UnknownRule { nearest: None })
        );
    }
}
