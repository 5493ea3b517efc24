fn main() {
    let name = bailee_core::Sensitive::new(String::new());
    let _ = format!("{name}");
}
