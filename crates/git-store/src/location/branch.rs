//! Names of branches, by the rules of `git check-ref-format --branch`.

use super::LocationError;

pub(super) fn parse(name: &str) -> Result<String, LocationError> {
    if name.is_empty() {
        return Err(LocationError::EmptyBranch);
    }
    if name.starts_with('-') {
        return Err(LocationError::LooksLikeOption { part: "branch" });
    }
    match fault(name) {
        None => Ok(name.to_owned()),
        Some(why) => Err(LocationError::BadBranch { why }),
    }
}

fn fault(name: &str) -> Option<&'static str> {
    let taken = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    let parts = || name.split('/');
    match name {
        _ if name.contains(taken) => Some("a blank, a control character or one of ~^:?*[\\"),
        _ if name.contains("..") || name.contains("@{") => Some("\"..\" or \"@{\""),
        _ if parts().any(str::is_empty) => Some("a slash too many"),
        _ if parts().any(|part| part.starts_with('.')) => Some("a part that begins with a dot"),
        _ if parts().any(|part| part.ends_with('.')) => Some("a part that ends with a dot"),
        _ if parts().any(|part| part.ends_with(".lock")) => Some("a part that ends with .lock"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_git_has_them() {
        for name in ["main", "feature/x", "v1.0", "ü", "a@b", "refs/heads/main"] {
            assert_eq!(parse(name).as_deref(), Ok(name));
        }
        for name in [
            "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "a\x1b[2J", "a\n", "a..b",
            "a@{1}", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.",
        ] {
            assert!(
                matches!(parse(name), Err(LocationError::BadBranch { .. })),
                "{name}"
            );
        }
        let option = LocationError::LooksLikeOption { part: "branch" };
        assert_eq!(parse("--force"), Err(option));
    }
}
