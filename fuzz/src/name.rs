//! Domain names.

use rr::{Name, NameRef};

/// Octets as wire form, as text, and as a pair of names to compare.
pub fn name(octets: &[u8]) {
    if let Ok(name) = Name::from_wire(octets) {
        assert_eq!(name.as_wire(), octets);
        check(name.as_ref());
    }
    if let Ok(name) = Name::read(octets, Some(Name::root().as_ref())) {
        check(name.as_ref());
    }
    if let Ok((first, rest)) = NameRef::split_from(octets) {
        assert_eq!([first.as_wire(), rest].concat(), octets);
        if let Ok((second, _)) = NameRef::split_from(rest) {
            compare(first, second);
        }
    }
}

fn check(name: NameRef<'_>) {
    let text = name.to_string();
    let again = Name::from_text(&text).expect("a written name is read");
    assert_eq!(again.as_wire(), name.as_wire(), "{text}");
    assert_eq!(name.labels().count(), name.label_count());
    assert_eq!(name.ancestors().last().map(NameRef::is_root), Some(true));
    let lower = name.to_lowercase();
    assert_eq!(lower.as_ref(), name);
}

/// RFC 4034 §6.1: the order is total, and a name comes directly before all names below it.
fn compare(a: NameRef<'_>, b: NameRef<'_>) {
    assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
    assert_eq!(a == b, a.cmp(&b).is_eq());
    if a.is_below(b) {
        assert!(b < a && b != a);
    }
    if let Some(prefix) = a.prefix_of(b) {
        assert_eq!(prefix.len() + b.as_wire().len(), a.as_wire().len());
    }
}
