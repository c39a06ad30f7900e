//! Programs that must not compile: what the types make impossible.

#[test]
fn impossible() {
    trybuild::TestCases::new().compile_fail("tests/impossible/*.rs");
}
