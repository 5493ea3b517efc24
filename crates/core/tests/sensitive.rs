//! Plaintext cannot be printed, copied or stored by accident: such code does not compile.

#[test]
fn a_sensitive_value_cannot_leave_its_box_by_accident() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
