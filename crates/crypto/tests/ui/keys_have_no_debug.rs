use bailee_crypto::bucket::BucketKeys;
use bailee_crypto::envelope::SealingKey;
use bailee_crypto::keyring::Keyring;
use bailee_crypto::lasting::Lasting;
use bailee_crypto::provider::KeyFile;

fn shows<T: std::fmt::Debug>() {}

fn main() {
    shows::<SealingKey>();
    shows::<BucketKeys>();
    shows::<Lasting>();
    shows::<Keyring>();
    shows::<KeyFile>();
}
