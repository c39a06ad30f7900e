//! A body of the media type `application/x-www-form-urlencoded`, as GitHub, Gitea and Forgejo send it if they are not told otherwise.

/// The value of a field. `None` if it is not there, is there twice, or has a percent sign that nothing fits behind.
pub(super) fn value(body: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut values = body.split(|octet| *octet == b'&').filter_map(|field| {
        let at = field.iter().position(|octet| *octet == b'=')?;
        (field[..at] == *name.as_bytes()).then_some(&field[at + 1..])
    });
    let value = values.next()?;
    match values.next() {
        // Which would be right?
        Some(_) => None,
        None => decode(value),
    }
}

/// Whether a `Content-Type` is that of forms; parameters such as `charset` change nothing.
pub(super) fn is_form(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut octets = text.iter().copied();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(octet) = octets.next() {
        decoded.push(match octet {
            b'+' => b' ',
            b'%' => digit(octets.next()?)? << 4 | digit(octets.next()?)?,
            other => other,
        });
    }
    Some(decoded)
}

fn digit(octet: u8) -> Option<u8> {
    char::from(octet).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_forms() {
        for (body, wanted) in [
            ("payload=%7B%22a%22%3A+1%7d", Some("{\"a\": 1}")),
            ("a=b&payload=x=y&c", Some("x=y")),
            ("payload=", Some("")),
            ("payload=a&payload=a", None),
            ("payload=%7", None),
            ("payload=%", None),
            ("payload=%+1", None),
            ("payload", None),
            ("other=payload", None),
            ("", None),
        ] {
            let value = value(body.as_bytes(), "payload");
            assert_eq!(value.as_deref(), wanted.map(str::as_bytes), "{body}");
        }
    }

    #[test]
    fn media_types_of_forms() {
        assert!(is_form("application/x-www-form-urlencoded"));
        assert!(is_form("Application/X-WWW-Form-URLencoded ; charset=utf-8"));
        assert!(!is_form("application/json") && !is_form(""));
    }
}
