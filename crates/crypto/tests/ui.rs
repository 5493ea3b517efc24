//! Keys cannot be printed or written out by accident: such code does not compile.

#[test]
fn keys_are_neither_printed_nor_serialized() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/keys_may_be_used.rs");
    cases.compile_fail("tests/ui/keys_have_no_debug.rs");
    cases.compile_fail("tests/ui/keys_have_no_display.rs");
    cases.compile_fail("tests/ui/keys_have_no_serialize.rs");
}
