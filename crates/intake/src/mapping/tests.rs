use super::*;

#[test]
fn a_path_is_written_as_it_was_read_or_refused() {
    for path in ["a", "a.b[].c", "a[0].b", "a[][].b[]", "amazon-order-id"] {
        assert_eq!(Path::parse(path).unwrap().to_string(), path);
    }
    for path in ["", ".", "a.", "a..b", "[]", "a[1]", "a[", "a]", "a[]b", "a\\b"] {
        assert_eq!(Path::parse(path), None, "{path}");
    }
    assert_eq!(Path::parse("a[].b[0].c[]").unwrap().lists(), 2);
    assert!(Path::parse("a[]").unwrap().collects() && !Path::parse("a[].b").unwrap().collects());
}
