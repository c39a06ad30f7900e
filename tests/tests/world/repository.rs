//! The repository, and the person who pushes to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use git_store::{CommitId, Draft, Edit as FileEdit, Person, Store, TreePath};

use crate::ground;
use crate::scenario::Edit;

/// The one zone of the world, which is its file's name as well.
pub(crate) const ZONE: &str = "a.example";

pub(crate) struct Repository {
    pub(crate) path: PathBuf,
    pub(crate) store: Store,
    /// What the zone's file says in a commit; each is read once, but for what a person wrote.
    texts: BTreeMap<CommitId, String>,
    /// Commits that a person has pushed, whole.
    pub(crate) pushed: Vec<CommitId>,
    /// Tips that a person has put others in place of.
    pub(crate) forced: Vec<CommitId>,
}

impl Repository {
    /// An empty one, as Git makes it.
    pub(crate) fn lay_out(dir: &Path) {
        let path = dir.join("zones.git");
        for folder in ["objects/info", "objects/pack", "refs/heads"] {
            fs::create_dir_all(path.join(folder)).expect("a folder");
        }
        fs::write(path.join("HEAD"), "ref: refs/heads/main\n").expect("written");
        let config = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n";
        fs::write(path.join("config"), config).expect("written");
    }

    /// The one that was laid out in this folder, with a zone that has so many hosts.
    pub(crate) fn new(dir: &Path, hosts: usize) -> Repository {
        let mut repository = Repository::open(dir.join("zones.git"));
        let first = ground::begin(&repository.path, hosts);
        repository.move_to(first);
        repository
    }

    /// Has the first commit of such a zone in it, to which no branch leads.
    pub(crate) fn put_first(dir: &Path, hosts: usize) -> CommitId {
        let draft = draft(None, first_text(hosts), "Begin");
        let durable = Repository::open(dir.join("zones.git")).store.put(&draft);
        durable.expect("it can be written").commit()
    }

    fn open(path: PathBuf) -> Repository {
        let store = Store::open_path(&path).expect("a repository");
        Repository::of(path, store)
    }

    fn of(path: PathBuf, store: Store) -> Repository {
        Repository {
            path,
            store,
            texts: BTreeMap::new(),
            pushed: Vec::new(),
            forced: Vec::new(),
        }
    }

    pub(crate) fn tip(&self) -> CommitId {
        let tip = self.store.tip(Some("main")).expect("it can be read");
        tip.expect("there is a first commit")
    }

    /// Where the branch is, in the words of its file.
    pub(crate) fn branch(&self) -> String {
        fs::read_to_string(self.path.join("refs/heads/main")).unwrap_or_default()
    }

    /// Pushes a commit on the newest one. Nobody comes between.
    pub(crate) fn push(&mut self, edit: Edit) {
        let tip = self.tip();
        let text = edited(&self.text(tip), edit);
        self.commit(tip, text, "Edit by hand");
    }

    /// Says again what was said so many commits ago.
    pub(crate) fn revert(&mut self, back: usize) {
        let tip = self.tip();
        let older = self.store.first_parents(tip).nth(back);
        let older = older.map_or(tip, |older| older.expect("it can be read").id);
        let text = self.text(older);
        self.commit(tip, text, "Revert");
    }

    /// Puts another commit in place of the newest one.
    pub(crate) fn force(&mut self) -> Option<CommitId> {
        let tip = self.tip();
        let parent = *self.store.commit(tip).expect("read").parents.first()?;
        let text = format!("{}; forced\n", self.text(parent));
        let durable = self.store.put(&draft(Some(parent), text, "Instead"));
        let durable = durable.expect("it can be written");
        self.move_to(durable.commit());
        self.forced.push(tip);
        Some(durable.commit())
    }

    /// Opened anew: others have put packs into it.
    pub(crate) fn look_again(&mut self) {
        self.store = self.store.reopened().expect("it is still there");
    }

    /// What the file of the zone says in a commit.
    pub(crate) fn text(&mut self, commit: CommitId) -> String {
        if let Some(text) = self.texts.get(&commit) {
            return text.clone();
        }
        let snapshot = self.store.snapshot(commit).expect("the commit is there");
        let blob = snapshot
            .find(ZONE)
            .expect("read")
            .expect("the file is there");
        let octets = snapshot.file(&TreePath::new(ZONE), blob).expect("read");
        let text = String::from_utf8(octets).expect("UTF-8");
        self.texts.insert(commit, text.clone());
        text
    }

    /// All commits that lead to one, that one first.
    pub(crate) fn history(&self, tip: CommitId) -> BTreeMap<CommitId, git_store::Commit> {
        let mut all = BTreeMap::new();
        let mut next: BTreeSet<CommitId> = BTreeSet::from([tip]);
        while let Some(id) = next.pop_first() {
            let commit = self.store.commit(id).expect("the commit is there");
            let parents = commit.parents.iter().copied();
            next.extend(parents.filter(|parent| !all.contains_key(parent)));
            all.insert(id, commit);
        }
        all
    }

    /// A mistake of the world's: the branch is where it was before.
    pub(crate) fn lose_one(&mut self) {
        let commit = self.store.commit(self.tip()).expect("read");
        if let Some(parent) = commit.parents.first() {
            self.point_to(*parent);
        }
    }

    fn point_to(&self, commit: CommitId) {
        let path = self.path.join("refs/heads/main");
        fs::write(path, format!("{commit}\n")).expect("written");
    }

    fn commit(&mut self, parent: CommitId, text: String, message: &str) {
        let durable = self.store.put(&draft(Some(parent), text.clone(), message));
        let commit = durable.expect("a person can write").commit();
        self.texts.insert(commit, text);
        self.move_to(commit);
    }

    /// Moves the branch as Git does, which heeds its own lock and knows nothing of ours.
    fn move_to(&mut self, commit: CommitId) {
        let branch = self.path.join("refs/heads/main");
        let lock = branch.with_added_extension("lock");
        let file = File::create_new(&lock).and_then(|mut file| writeln!(file, "{commit}"));
        file.expect("nobody has Git's lock at a milestone");
        fs::rename(lock, branch).expect("the branch moves");
        self.pushed.push(commit);
    }
}

/// A push that the world learns of when it looks only.
pub(crate) fn push_at(store: &Store, edit: Edit) {
    let path = store.directories()[0].to_owned();
    let store = store.reopened().expect("it is still there");
    Repository::of(path, store).push(edit);
}

fn draft(parent: Option<CommitId>, text: String, message: &str) -> Draft {
    let person = Person {
        name: "Anna".into(),
        email: "anna@a.example".into(),
        time_secs: 1_767_225_600,
        offset_secs: 0,
    };
    Draft {
        parent,
        merged: None,
        changes: BTreeMap::from([(TreePath::new(ZONE), FileEdit::Put(text.into_bytes()))]),
        author: person.clone(),
        committer: person,
        message: message.into(),
        trailers: Vec::new(),
    }
}

fn first_text(hosts: usize) -> String {
    let mut text = String::from(
        "; The zone of a.example. Ask Anna before you change anything.\n$TTL 300\n\
         @ SOA ns1 mail 1 30 15 1209600 60 ; the serial is not ours to raise\n\
         @ NS ns1\n@ NS ns2\nns1 A 192.0.2.1 ; rack 7\nns2 A 192.0.2.2\n\
         ; --- one number, in two records ---\nv MX 1 m\nm A 10.0.0.1\n; --- hosts ---\n",
    );
    for host in 0..hosts {
        text.push_str(&format!("h{host} A 192.0.2.{host} ; host {host}\n"));
    }
    text
}

fn edited(text: &str, edit: Edit) -> String {
    match edit {
        Edit::Number(number) => {
            let [high, low] = number.to_be_bytes();
            let line = |line: &str| match line.split(' ').next() {
                Some("v") => format!("v MX {number} m\n"),
                Some("m") => format!("m A 10.0.{high}.{low}\n"),
                _ if line == MISTAKE => String::new(),
                _ => format!("{line}\n"),
            };
            text.lines().map(line).collect()
        }
        Edit::Host(number) => {
            let kept = text.replace(&format!("{MISTAKE}\n"), "");
            format!("{kept}; a new one\nn{number} A 198.51.100.{number} ; since today\n")
        }
        Edit::Remark(number) => format!("{text}; remark {number}\n"),
        Edit::Mistake => format!("{text}{MISTAKE}\n"),
    }
}

/// A line that makes no sense.
pub(crate) const MISTAKE: &str = "broken A nowhere";
