fn main() {
    fn stored<T: serde::Serialize>(_: T) {}
    stored(bailee_core::Sensitive::new(String::new()));
}
