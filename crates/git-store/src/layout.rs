//! Which zones a commit has, kept up to date from commit to commit.

use std::collections::{BTreeMap, BTreeSet};

use crate::changes::{Change, Found};
use crate::commit::BlobId;
use crate::finding::{Finding, Problem};
use crate::path::TreePath;
use crate::zone_name::ZoneName;

/// The zones of a commit and what is wrong with its files and folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    zones: BTreeMap<ZoneName, Vec<(TreePath, Claim)>>,
    refused: BTreeMap<TreePath, Problem>,
    /// Each is also among those that are refused: as a file to be served it is none.
    keys: BTreeMap<TreePath, BlobId>,
}

/// The one file of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneFile {
    /// The zone.
    pub zone: ZoneName,
    /// The file, from the top of the commit.
    pub path: TreePath,
    /// What is in it.
    pub blob: BlobId,
}

/// A path that goes by the name of a zone.
type Claim = Result<BlobId, Problem>;

/// What a set of changes may have altered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Zones whose file came, went, changed or moved, or that more or fewer files claim now.
    pub zones: BTreeSet<ZoneName>,
    /// Parts that came, went or changed: every zone that includes one has changed.
    pub parts: BTreeSet<TreePath>,
}

impl Layout {
    /// Takes in the changes of a newer commit, and says what they may have altered.
    pub fn apply(&mut self, changes: &[Change]) -> Touched {
        let mut touched = Touched::default();
        for change in changes {
            if let Some(before) = &change.before {
                self.remove(&change.path, before);
                touched.add(&change.path, before);
            }
            if let Some(after) = &change.after {
                self.insert(&change.path, after);
                touched.add(&change.path, after);
            }
        }
        touched
    }

    /// The file of a zone, or why it is not taken; `None` if the commit has no such zone.
    #[must_use]
    pub fn zone(&self, zone: &ZoneName) -> Option<Result<ZoneFile, Finding>> {
        let claims = self.zones.get(zone)?;
        let (path, claim) = claims.first()?;
        Some(match (claims.len(), claim) {
            (1, Ok(blob)) => Ok(ZoneFile {
                zone: zone.clone(),
                path: path.clone(),
                blob: *blob,
            }),
            (1, Err(problem)) => Err(Finding {
                path: path.clone(),
                problem: problem.clone(),
            }),
            _ => Err(clash(zone, claims)),
        })
    }

    /// Every zone in order of its name, with its file or why that is not taken.
    pub fn zones(&self) -> impl Iterator<Item = (&ZoneName, Result<ZoneFile, Finding>)> {
        self.zones
            .keys()
            .filter_map(|name| Some((name, self.zone(name)?)))
    }

    /// How many zones there are, those not taken included.
    #[must_use]
    pub fn zone_count(&self) -> usize {
        self.zones.len()
    }

    /// All that is wrong: first what stands in the way of a zone, by zone, then [the rest](Self::refused).
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let of_zones = self.zones().filter_map(|(_, file)| file.err());
        of_zones.chain(self.refused()).collect()
    }

    /// What is wrong with files and folders that are not a zone's, by path.
    pub fn refused(&self) -> impl Iterator<Item = Finding> {
        self.refused.iter().map(|(path, problem)| Finding {
            path: path.clone(),
            problem: problem.clone(),
        })
    }

    /// The files of keys, by path; those that are links or can be executed are not among them.
    #[must_use]
    pub fn keys(&self) -> &BTreeMap<TreePath, BlobId> {
        &self.keys
    }

    /// Why a zone that was served from this path, and is not in the commit, may be there all the same:
    /// something that is not looked into stands above its path, or is a folder that may hold anything.
    #[must_use]
    pub fn hidden_by(&self, path: &TreePath) -> Option<Finding> {
        self.refused()
            .find(|finding| finding.problem.may_hide_zones() || hides(finding, path))
            .or_else(|| self.link_above(path))
    }

    /// A folder of the path that has become a link, which goes by the name of a zone.
    fn link_above(&self, path: &TreePath) -> Option<Finding> {
        let path = path.as_str()?;
        path.match_indices('/').find_map(|(end, _)| {
            let folder = &path[..end];
            let name = folder.rsplit('/').next().unwrap_or(folder);
            let claims = self.zones.get(&ZoneName::from_file_name(name).ok()?)?;
            let claim = claims
                .iter()
                .find(|(claimed, _)| claimed.as_bytes() == folder.as_bytes())?;
            let problem = claim.1.as_ref().err()?.clone();
            Some(Finding {
                path: TreePath::new(folder),
                problem,
            })
        })
    }

    fn insert(&mut self, path: &TreePath, found: &Found) {
        match found {
            Found::Zone(zone, blob) => self.claim(zone, path, Ok(*blob)),
            Found::Refused(Some(zone), problem) => self.claim(zone, path, Err(problem.clone())),
            Found::Refused(None, problem) => {
                self.refused.insert(path.clone(), problem.clone());
            }
            Found::Keys(blob) => {
                self.keys.insert(path.clone(), *blob);
                self.refused.insert(path.clone(), Problem::KeyFile);
            }
            Found::Part(_) => {}
        }
    }

    fn claim(&mut self, zone: &ZoneName, path: &TreePath, claim: Claim) {
        let claims = self.zones.entry(zone.clone()).or_default();
        let at = claims.partition_point(|(earlier, _)| earlier <= path);
        claims.insert(at, (path.clone(), claim));
    }

    fn remove(&mut self, path: &TreePath, found: &Found) {
        match found {
            Found::Zone(zone, _) | Found::Refused(Some(zone), _) => self.disclaim(zone, path),
            Found::Refused(None, _) => {
                self.refused.remove(path);
            }
            Found::Keys(_) => {
                self.keys.remove(path);
                self.refused.remove(path);
            }
            Found::Part(_) => {}
        }
    }

    fn disclaim(&mut self, zone: &ZoneName, path: &TreePath) {
        let Some(claims) = self.zones.get_mut(zone) else {
            return;
        };
        if let Some(at) = claims.iter().position(|(claimed, _)| claimed == path) {
            drop(claims.remove(at));
        }
        if claims.is_empty() {
            self.zones.remove(zone);
        }
    }
}

impl Touched {
    fn add(&mut self, path: &TreePath, found: &Found) {
        match found {
            Found::Zone(zone, _) | Found::Refused(Some(zone), _) => {
                self.zones.insert(zone.clone());
            }
            // Even a refused one may be what an include names.
            Found::Part(_) | Found::Keys(_) | Found::Refused(None, _) => {
                self.parts.insert(path.clone());
            }
        }
    }
}

fn hides(finding: &Finding, path: &TreePath) -> bool {
    !finding.problem.is_warning() && path.is_at_or_below(&finding.path)
}

fn clash(zone: &ZoneName, claims: &[(TreePath, Claim)]) -> Finding {
    Finding {
        path: claims[0].0.clone(),
        problem: Problem::SeveralFiles {
            zone: zone.clone(),
            others: claims[1..].iter().map(|(path, _)| path.clone()).collect(),
        },
    }
}
