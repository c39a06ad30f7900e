//! What the types do not let anybody do.

#[test]
fn an_unchecked_zone_cannot_be_published() {
    trybuild::TestCases::new().compile_fail("tests/impossible/*.rs");
}
