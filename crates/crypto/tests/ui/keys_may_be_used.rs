use bailee_crypto::bucket::BucketKeys;
use bailee_crypto::envelope::SealingKey;
use bailee_crypto::keyring::Keyring;

fn shared<T: Clone + Send + Sync>() {}
fn sent<T: Send + Sync>() {}

fn main() {
    shared::<SealingKey>();
    shared::<BucketKeys>();
    sent::<Keyring>();
}
