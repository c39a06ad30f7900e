//! What a forge tells of a push.

use serde::Deserialize;

use super::form;
use super::proof::Genuine;

/// A push, as GitHub, Gitea, Forgejo and GitLab tell it. Other events have no `ref` of this form.
#[derive(Debug, Deserialize)]
pub(super) struct Push {
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// At GitHub, Gitea and Forgejo.
    repository: Option<Repository>,
    /// At GitLab.
    project: Option<Repository>,
}

#[derive(Debug, Deserialize)]
struct Repository {
    default_branch: Option<String>,
}

impl Push {
    /// `None` if it is neither told in JSON nor in a form that has JSON in its field `payload`.
    pub(super) fn read(Genuine(body): &Genuine<'_>, content_type: Option<&str>) -> Option<Push> {
        match content_type.is_some_and(form::is_form) {
            true => serde_json::from_slice(&form::value(body, "payload")?).ok(),
            false => serde_json::from_slice(body).ok(),
        }
    }

    /// The branch that was pushed to; none if it was none.
    pub(super) fn branch(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix("refs/heads/")
    }

    /// Whether it concerns who follows this branch, or, without one, the one that the repository calls its own.
    pub(super) fn is_to(&self, followed: Option<&str>) -> bool {
        let followed = followed.map(|it| it.strip_prefix("refs/heads/").unwrap_or(it));
        let told = [&self.repository, &self.project].into_iter().flatten();
        let default = told.filter_map(|it| it.default_branch.as_deref()).next();
        match (self.branch(), followed.or(default)) {
            (Some(branch), Some(followed)) => branch == followed,
            (branch, None) => branch.is_some(),
            (None, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_to_the_branch_that_is_followed() {
        let github = r#"{"ref": "refs/heads/main", "after": "1", "repository": {"default_branch": "main", "id": 1}}"#;
        let gitlab = r#"{"object_kind": "push", "ref": "refs/heads/zones", "project": {"default_branch": "main"},
            "repository": {"name": "zones"}}"#;
        let bare = r#"{"ref": "refs/heads/main"}"#;
        for (body, followed, wanted) in [
            (github, Some("main"), true),
            (github, Some("refs/heads/main"), true),
            (github, Some("zones"), false),
            (github, None, true),
            (gitlab, Some("zones"), true),
            (gitlab, Some("main"), false),
            (gitlab, None, false),
            (bare, None, true),
            (r#"{"ref": "refs/tags/main"}"#, Some("main"), false),
            (r#"{"ref": "main"}"#, Some("main"), false),
            (r#"{"zen": "x", "repository": null}"#, None, false),
            (r#"{"ref": null}"#, None, false),
        ] {
            let push = Push::read(&Genuine(body.as_bytes()), None).expect(body);
            assert_eq!(push.is_to(followed), wanted, "{body} {followed:?}");
        }
        for body in ["", "payload=%7B%7D", "[]", r#"{"ref": 1}"#] {
            let json = Some("application/json");
            let push = Push::read(&Genuine(body.as_bytes()), json);
            assert!(push.is_none(), "{body}");
        }
    }

    #[test]
    fn pushes_in_forms() {
        let form = Some("application/x-www-form-urlencoded");
        let read = |body: &str, media_type| Push::read(&Genuine(body.as_bytes()), media_type);
        let body = "payload=%7B%22ref%22%3A+%22refs%2Fheads%2Fmain%22%7D";
        let push = read(body, form).expect("a push");
        assert_eq!(push.branch(), Some("main"));
        assert!(
            read(body, None).is_none(),
            "it says that it is something else"
        );
        for body in ["payload=%5B%5D", "payload", r#"{"ref": "refs/heads/main"}"#] {
            assert!(read(body, form).is_none(), "{body}");
        }
    }
}
