fn main() {
    let name = bailee_core::Sensitive::new(String::new());
    let moved: String = *name.expose();
    drop(moved);
}
