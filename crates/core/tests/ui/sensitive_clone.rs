fn main() {
    fn copied<T: Clone>(_: T) {}
    copied(bailee_core::Sensitive::new(String::new()));
}
