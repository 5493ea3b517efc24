fn main() {
    let document = bailee_core::Json::Null;
    let _ = format!("{document:?}");
}
