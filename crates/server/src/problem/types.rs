//! Every type of problem: its stable code, its status, and what it means and asks for. What a caller may program against.

/// A type of problem. Its code and title never change.
pub(crate) struct Type {
    /// What its URI ends with.
    pub(crate) code: &'static str,
    /// The status of the answer that carries it.
    pub(crate) status: u16,
    /// What it is, in few words: the same in every problem of this type.
    pub(crate) title: &'static str,
    /// What to do.
    pub(crate) remedy: &'static str,
}

/// The type of that code.
pub(crate) fn of(code: &str) -> Option<&'static Type> {
    TYPES.iter().find(|one| one.code == code)
}

macro_rules! types {
    ($($status:literal { $($code:literal: $title:literal, $remedy:literal;)+ })+) => {
        /// Every type of problem, by status.
        pub(crate) const TYPES: &[Type] = &[
            $($(Type { code: $code, status: $status, title: $title, remedy: $remedy },)+)+
        ];
    };
}

types! {
    400 {
        "body-incomplete": "The body did not arrive whole", "Send it again, all of it and without long pauses.";
    }
    401 {
        "no-credential": "Nobody is logged in", "Send `Authorization: Bearer …` with a session's token or a service's key.";
        "unknown-credential": "The credential is not known", "Log in again, or use the key that was shown when the service was added.";
        "session-ended": "The session has ended", "Log in again.";
        "session-elsewhere": "The session was begun in another place, and has ended", "Log in again; tell an owner if you did not move it.";
        "device-missing": "This machine is not enrolled", "Enrol it with `bailee device enroll`, by an invitation or a code of an owner.";
        "key-too-old": "The key is too old", "Have the service added again, and use its new key.";
        "log-in-failed": "Mail and password do not belong together", "Check both, the code, and that this is the right home.";
        "sign-on-failed": "The provider's answer opens nothing here", "Begin again; the detail says what else helps.";
        "account-locked": "The account is locked", "Have another person lift it.";
        "second-factor-needed": "A second factor is needed", "Log in with a code of the authenticator.";
    }
    403 {
        "password-expired": "The password has ended", "Change it; nothing else is open until then.";
        "second-factor-missing": "There is no second factor", "Set one up, or log in with one.";
        "second-factor-stale": "The second factor was shown too long ago", "Show it again.";
        "invitation-open": "The invitation opens nothing else, or not yet", "Accept it, or have it approved; the detail says which.";
        "approval-missing": "The invitation takes the code of whoever approved it, too", "Ask them for it.";
        "another-person": "Somebody else must do it", "Ask another person whose role allows it.";
        "role-not-allowed": "No role of this person allows it", "Ask somebody whose role allows it.";
        "service-not-allowed": "No service may do this", "Let a person do it.";
        "seller-not-granted": "The seller is not the caller's", "Use the key of a service that was added for this seller.";
        "no-grant": "A role alone reveals nothing", "Use a service that was added for this purpose.";
        "purpose-unknown": "There is no such purpose", "Name one of the purposes of this document.";
        "purpose-not-granted": "The purpose was not granted", "Use a service that was added for this purpose.";
        "purpose-not-of-field": "The field is not for this purpose", "Ask for fields that this purpose needs.";
        "class-not-granted": "The class was not granted", "Use a service that was added for this class.";
        "restricted": "The record is kept and not used", "Leave it alone until an officer lifts that.";
        "no-consent": "The purpose rests on consent, and there is none", "Ask whoever it is about; once they agree, have it recorded.";
        "grant-ended": "The grant has ended", "Ask for another, if it is still needed.";
        "volume-spent": "The grant's volume of this day is spent", "Go on tomorrow (UTC), or ask for a larger volume.";
        "home-policy": "A policy of this home forbids it", "Ask the owner of the home about it; nothing else overrules it.";
        "second-person": "A second person must approve", "Have a second person approve it.";
        "key-not-trusted": "The key is trusted with no more than to take documents in", "Use the next key, or have somebody approve this one; the detail says which.";
        "recipient-not-registered": "The recipient is not registered for that", "Name a purpose and a seller for which it is.";
        "outside-first": "Somebody outside is told first", "Do it a day after that; nobody stopped it then.";
        "unclassified": "The field is not classified", "Have an officer classify it; until then nobody sees it.";
    }
    404 {
        "not-found": "There is no such thing", "Check the address and the ids in it.";
        "unknown-seller": "There is no such seller", "Add the seller first.";
        "nothing-found": "Nothing that is held was found for the request", "Look whether it was written down right; if so, refuse it since nothing is held.";
        "not-found-for-request": "The record was not found for this request", "Look again what is held of them, or name another.";
        "not-destroyed": "It is not destroyed, or not all of it", "List what was; or wait for the day on which it is.";
        "no-such-field": "The record has no such field", "Look which it has, with `show`.";
        "no-such-number": "Nothing has this number", "List what is unclassified again.";
    }
    405 {
        "method-not-allowed": "The route does not take this method", "Use one of the methods in `Allow`.";
    }
    409 {
        "conflict": "Something changed meanwhile", "Ask again.";
        "too-few-orders": "The orders that are held are too few to be told of", "Collect more of them first.";
        "changed-meanwhile": "The record is being changed by others", "Ask again.";
        "access-moved": "Who may do what has changed meanwhile", "Ask again.";
        "seller-exists": "The seller is there already", "Nothing; or choose another id.";
        "seller-ended": "The seller has ended", "Nothing of it is taken in any more. If it authorises you anew, add it under another id.";
        "has-owner": "The home has its first person already", "Log in as that person.";
        "mapping-name-taken": "Another format has this name", "Give the mapping another name.";
        "mirror-already": "The directory is a mirror already", "Nothing.";
        "request-ended": "The request or consent has ended", "Nothing; or open another.";
        "request-step-taken": "The step was taken already", "Nothing.";
        "request-not-identified": "Nobody has recorded who asks", "Record how that is known.";
        "request-not-previewed": "Nobody has looked what is held of them", "Look first.";
        "request-no-more-time": "The law gives no more time", "Answer it.";
        "time-jumped": "The time has jumped ahead", "See that the clock is right, and have two people confirm it.";
        "time-believed": "The time is believed", "There is nothing to confirm.";
        "no-archive-key": "There is no archive key for that year", "Make one on another machine, and add its public half.";
        "archive-key-exists": "That year has an archive key, or the key is another year's", "Use one key for each year.";
        "archive-away": "The file is not here any more", "It lies where its place says.";
        "archive-destroyed": "It was destroyed already", "Nothing.";
        "hold-ended": "The hold is over, or was lifted", "Nothing; or add another.";
        "too-many-holds": "The home remembers no more holds", "Name more records or fields in one.";
        "archive-not-fetched": "Nobody has fetched it yet", "Fetch it, and put it where it is to lie.";
        "recipient-exists": "The key is a recipient's already", "Let each recipient make a key of their own.";
        "recipient-removed": "The recipient was removed", "Nothing is sealed to them any more.";
        "export-away": "The file is not here any more", "Export anew what is still needed.";
        "export-stale": "Something of it has changed since", "Export anew what is there by now.";
        "too-many-exports": "The home remembers as many as it can", "Have recipients confirm what they have deleted.";
        "nothing-to-tell": "There is nothing to tell the recipient", "Nothing.";
        "notice-confirmed": "The notice was confirmed, or a newer one holds all of it", "Have the newest confirmed.";
        "print-ended": "What became of the print was said already", "Nothing.";
        "too-many-prints": "All prints that the home remembers are open", "Say what became of them.";
        "template-unusable": "The template names what it may not", "Mend the home's own template; the detail says where.";
        "keyring-not-older": "The keyring is not older than the data", "There is nothing to adopt.";
        "idempotency-key-in-use": "The first request under this key is still at work", "Wait, then send it again.";
        "idempotency-outcome-unknown": "What became of the first request is not known", "Look whether it was done; if not, send it under another key.";
        "shown-once": "The answer held a secret and is kept nowhere", "Use what the first answer held. If it is lost, send the request under another key.";
    }
    413 {
        "body-too-long": "The body is too long", "Send less at a time.";
    }
    422 {
        "bad-body": "The body is not what the route takes", "Compare it with the schema; the detail says where it goes wrong.";
        "bad-query": "The query is not what the route takes", "Compare it with the parameters.";
        "bad-cursor": "The cursor is not of this list", "Begin again without a cursor.";
        "bad-id": "An id has not the form of one", "Check the id.";
        "bad-time": "The time is no RFC 3339 time", "Write it like `2026-11-23T09:00:00Z`.";
        "bad-idempotency-key": "The idempotency key cannot be used", "Send one key of 1 to 128 visible ASCII characters.";
        "idempotency-key-reused": "The key belongs to another request", "Send another request under another key.";
        "unacceptable": "What was given is not acceptable", "The detail says what is.";
        "end-day": "The day is none on which a seller's data is destroyed", "Give today or one of the next 30 days.";
        "bad-decision": "The decision does not fit", "The detail says what is missing.";
        "archive-key": "The key cannot be one of an archive", "Give the public half of an RSA key of 3072 to 4096 bits, in PEM.";
        "recipient-key": "The key cannot be one of a recipient", "Give the public half of an RSA key of 3072 to 4096 bits, in PEM.";
        "export-too-large": "It is too much for one export", "Name fewer records or fields.";
        "archive-too-large": "It is too much for one archive", "Name fewer records or fields.";
        "print-too-long": "It does not fit on its page", "Use a template with a larger page or smaller text.";
        "print-without-font": "No font has all letters of it", "Give the home a font that has them, or ask for another format.";
        "relative-directory": "The directory is not absolute", "Name it from the root.";
        "mirror-unusable-directory": "The directory cannot become a mirror", "Name an empty directory that the server may write to.";
        "backup-without-recipients": "Nobody could open a backup", "Name the public key of somebody who could in the configuration.";
        "backup-place-not-listed": "The directory is no place for backups", "Name one that the configuration lists.";
        "backup-place-removable": "The directory is on a removable medium", "Use a disk that stays.";
        "backup-file-unreadable": "A file of a backup cannot be read", "Name one that the server may read.";
        "backup-key-readable-by-others": "Others may read the key to backups", "Let nobody else read it.";
        "not-a-backup-key": "There is no key to backups in the file", "Name the file that `bailee backup keygen` made.";
        "backup-of-another-home": "The backup is of another home", "Name one of this home and its environment.";
        "backup-refused": "The backup is not whole, or not for this key", "Name another backup, or the key of one of its recipients.";
        "backup-ledger-refused": "The ledger in the backup does not hold", "Make another backup.";
        "backup-place-unusable": "The directory cannot be used for a backup", "Name one that the server may write to.";
        "unknown-format": "There is no such format", "Name one of those that `GET /v1/mappings` lists, or none.";
        "unknown-charset": "There is no such character set", "Name one of those that the documentation of inputs lists, or none.";
        "unknown-reason": "There is no such reason", "Name one of the reasons of this document.";
        "unreadable-input": "The input cannot be read", "The detail says why; name the format or the character set if they were not found out.";
        "no-evidence": "The input is no evidence of delivery", "Send a carrier's feed, a tracking answer or notifications.";
        "no-orders": "The input holds no order", "Send documents of a format that is known.";
        "as-of-in-future": "The time lies in the future", "Give the time at which the input was fetched.";
        "stopped": "The collect was stopped", "Send the same input again: it goes on from there.";
        "too-many-sellers": "The home has as many sellers as it can", "Make another home.";
        "too-many-items": "Too many items at once", "Ask for them in several requests.";
        "unfit-value": "The value is not one for this field", "The detail says why.";
        "too-many-records": "Too many records at once", "Do it in several requests.";
        "empty-query": "Nothing is searched for", "Give an e-mail, a phone, a name, or a name with a postal code.";
        "name-alone": "A name alone is that of many", "Give a postal code, an e-mail or a phone with it.";
        "said-day": "The day is none on which somebody can have said so", "Give today, or a day of the last year.";
        "too-many-requests-kept": "The home remembers as many as it can", "Wait until the oldest end; or make another home.";
        "unusable-term": "A search term has no normal form", "Look for a typing error.";
        "name-is-a-value": "A name in the path looks like a value", "Name the field by its number.";
        "name-is-personal": "A name in the path can be somebody's", "Leave it sealed.";
        "no-more-fields": "No number for a field is left", "Make another home.";
        "mapping-embedded": "The format comes with the program", "Leave it; add a mapping of your own beside it.";
        "mapping-too-large": "The mapping is too large", "Split it.";
        "too-many-mappings": "The home has as many mappings as it can", "Remove one.";
        "mapping-syntax": "The mapping cannot be read", "The detail says where.";
        "mapping-name": "The mapping's name cannot be one", "Use small letters, digits and hyphens.";
        "mapping-path": "A path is written wrongly", "The detail names it.";
        "mapping-lists": "Source and target differ in lists", "The detail names them.";
        "mapping-twice": "A name is mapped twice", "Map it once.";
        "mapping-undecided": "A name is neither mapped nor dropped", "Give it a target, or the reason why it is dropped.";
        "mapping-without-reference": "Nothing leads to the reference", "Map the member or column that holds it.";
        "mapping-unrecognisable": "Nothing tells the format from others", "Name what it is recognised by.";
        "mapping-target": "The catalogue has something else there", "Choose another target.";
        "catalogue-syntax": "The catalogue cannot be read", "The detail says where.";
        "field-without-kind": "The field has no kind", "Say of which kind it is.";
        "field-undecided": "The field is neither personal nor a fact", "Give it a class, or the reason why it is a fact.";
        "field-without-purpose": "The field has no purpose", "Give it one at least.";
        "more-purposes": "The field would get more purposes", "Take purposes away only.";
        "looser-class": "The field would become less protected", "Leave its class.";
        "weaker-mask": "The mask would show more", "Choose one that hides more.";
        "field-fixed": "Something is fixed for a known field", "Take it out.";
        "field-number": "The field needs a number of its own", "Leave the number to the home.";
        "field-path": "The path cannot be that of a field", "The detail names it.";
        "field-source": "The source is described differently elsewhere", "Describe it once.";
        "list-key": "The list or its key does not fit", "Name a member that is a fact.";
        "marketplace-id": "This is no marketplace's id", "Use Amazon's id of it.";
        "verification-failed": "The ledger did not verify", "Keep everything as it is and compare with a checkpoint that left the home; `index` names the first entry concerned.";
        "not-a-token": "This is no token", "Send it as it was answered.";
        "token-of-another-home": "The token is another home's", "Ask that home.";
        "token-of-another-environment": "The token is of another environment", "Ask a home of that environment.";
    }
    429 {
        "too-many-requests": "Too many requests", "Wait for as many seconds as `Retry-After` says.";
    }
    500 {
        "internal": "Something went wrong inside", "The ledger names it under the request's id. Please report it.";
        "uncertified": "No certificate could be made", "Ask again; the ledger names what went wrong.";
        "damaged": "Something sealed opened to what nobody wrote", "Restore it from a backup; the ledger names it.";
        "does-not-open": "Something sealed does not open", "Restore it from a backup; the ledger names it.";
        "register-unreadable": "A register's entry cannot be read", "Use the version that wrote it.";
        "register-does-not-open": "A register's entry does not open", "Restore it from a backup.";
    }
    503 {
        "breached-file": "The file of known passwords cannot be used", "Have the operator mend it.";
        "provider-away": "The provider to sign on by does not answer", "Try again, or log in with a password.";
        "hashing": "The password cannot be checked now", "Free some memory, then ask again.";
        "ledger-unwritable": "The ledger cannot be written", "Nothing was done. Mend the disk, then ask again.";
        "ledger-unreadable": "The ledger cannot be read", "Verify it.";
        "export-not-made": "The export could not be sealed or signed", "Ask again; the ledger names what went wrong.";
        "archive-not-made": "The archive could not be sealed or signed", "Ask again; the ledger names what went wrong.";
        "print-not-made": "The document could not be made", "Ask again; the ledger names what went wrong.";
        "disk-full": "The disk is full", "Nothing was done. Free some space, then ask again.";
        "store-unusable": "The store cannot be used", "Nothing was done. The ledger or the log names the reason.";
        "backup-unwritten": "The backup could not be written", "There is none. Free some space or mend the disk, then ask again.";
        "catalogue-unwritable": "The home's catalogue cannot be written", "Mend its directory, then ask again.";
        "mapping-unkept": "The mapping's file cannot be changed", "Mend its directory, then ask again.";
        "bucket-full": "No slot is left for that day", "Report it: sixteen million were given out.";
        "bucket-gone": "The bucket is destroyed", "Ask again.";
        "key-removed": "The key has just been removed", "Ask again.";
        "keyring-fork": "Two mirrors went separate ways", "Keep the one that this home's data was sealed with.";
        "keyring-older-than-anchor": "The keyring is older than the data", "Bring back a newer mirror, or go on with this one by `bailee keys adopt`.";
        "keyring-strayed": "The keyring went another way than the data", "Bring back this home's own mirrors.";
        "keyring-missing": "No mirror holds a keyring", "Check that the mirrors are in place.";
        "keyring-damaged": "Every mirror's head is damaged", "Bring back a newer copy of a mirror.";
        "keyring-file-lost": "A file of the keyring is lost", "Bring back a newer copy of a mirror.";
        "mirror-unusable": "A mirror cannot be used", "Bring it back or make room there.";
        "mirror-newer": "A mirror came back with a newer keyring", "Stop the server and start it again.";
        "mirror-not-read-back": "A mirror does not read back what was written", "Check its disk.";
        "mirror-of-another-home": "A mirror is another home's", "Check the configuration of mirrors.";
        "mirror-of-another-root-key": "A mirror lies under another root key", "Bring its root key back.";
        "mirror-not-empty": "A mirror's directory is not empty", "Use an empty directory.";
        "too-few-mirrors": "There are too few mirrors", "Name two at least.";
        "root-key-file": "The root key's file cannot be read", "Bring it back.";
        "root-key-exists": "There is a root key already", "Keep it.";
        "root-key-readable-by-others": "Others may read the root key", "Take their right away.";
        "not-a-root-key": "The file is no root key", "Bring the right one back.";
        "not-a-root-key-under-a-passphrase": "The file is no root key under a passphrase", "Bring the right one back.";
        "root-key-cost": "The root key would take other work to open than a root key may", "Bring the right one back.";
        "root-key-memory": "There is no memory to open the root key", "Make room.";
        "wrong-passphrase": "The passphrase does not open the root key", "Give the right one.";
        "weak-passphrase": "The passphrase is easily guessed", "Choose a longer one.";
        "root-key-does-not-open": "The root key does not open this keyring", "Bring the right one back.";
    }
}
