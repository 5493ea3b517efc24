//! What must not compile: to act without a decision, or to reveal without the ledger.

#[test]
fn forgetting_to_authorise_or_to_log_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
