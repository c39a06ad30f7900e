//! The version that one has.

use crate::checking;
use crate::failure::Failure;
use crate::files::Files;
use crate::reading;
use crate::target;
use rr::Name;
use std::path::Path;
use zone::{Builder, Checked, Zone};

/// The zone in a file, if it can be gone on from.
pub(super) fn version(file: &Path, zone: &Name) -> Result<Zone<Checked>, Failure> {
    let name = zone.to_string();
    let (folder, at) = target::file(file, Some(&name))?;
    let mut builder = Builder::new(zone.clone(), checking::key());
    let text = reading::read(&folder as &dyn Files, &at, &mut builder)?;
    let unfit = |why: &dyn std::error::Error| {
        Failure::usage(format!("{} is no version to go on from", file.display()))
            .because(why)
            .next(format!(
                "have the whole zone sent: leave out --since; to see what is wrong: zonetool check {} --zone {name}",
                file.display()
            ))
    };
    if let Some(error) = text.errors.first() {
        return Err(unfit(error));
    }
    transfer::accept(builder.finish())
        .map(|(zone, _)| zone)
        .map_err(|why| unfit(&why))
}
