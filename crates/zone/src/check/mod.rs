//! Everything that can be wrong with a zone, found in one walk over its nodes.
//!
//! From the builder the walk needs, on `Zone<Unchecked>` only:
//!
//! - `defects(&self) -> &[Defect]`: what the text said and the compact form cannot hold ([`defect`]), in text order;
//! - `RrsetRef::places(&self) -> impl Iterator<Item = Pos>`: where each record stands, beside `rdatas()`;
//! - `nodes()` in canonical order, also the ones below a cut or a DNAME, which `lookup` hides.

pub mod defect;
