//! Minting for everything but a reveal: the act's own commit writes its event.

use bailee_core::catalogue::TermKind;
use bailee_core::{Kind, RequestId, SellerId, Timestamp};
use bailee_ledger::authorized::{self, Authorized, Context};
use bailee_ledger::event::What;

use super::{Caller, Gate};
use crate::decision::{Action, Circumstances};
use crate::error::AccessError;

impl Gate {
    /// May the caller take in documents for a seller?
    ///
    /// # Errors
    /// [`AccessError::Denied`] says why and what to do, and is an event already. Any other means that a
    /// refusal could not be written down, and allows nothing either.
    pub fn collect(
        &self,
        caller: &Caller,
        seller: &SellerId,
        kind: Kind,
    ) -> Result<Authorized<authorized::Collect>, AccessError> {
        self.mint(caller, &Action::Collect(seller), authorized::Collect { seller: seller.clone(), kind })
    }

    /// May the caller search by these kinds of term, among records of every kind?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn find(
        &self,
        caller: &Caller,
        seller: &SellerId,
        terms: &[TermKind],
    ) -> Result<Authorized<authorized::Find>, AccessError> {
        // Who handles what people ask for finds also what is restricted: to lift that, say.
        let restricted = self.could_restrict(caller, seller);
        let find = authorized::Find { seller: seller.clone(), terms: terms.to_vec(), restricted };
        self.mint(caller, &Action::Find(seller, terms), find)
    }

    /// May the caller see facts and masks?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn show(
        &self,
        caller: &Caller,
        seller: &SellerId,
        kind: Kind,
    ) -> Result<Authorized<authorized::Show>, AccessError> {
        self.mint(caller, &Action::Show(seller), authorized::Show { seller: seller.clone(), kind })
    }

    /// May the caller see quarantine: of one seller, or of all?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn read_quarantine(
        &self,
        caller: &Caller,
        seller: Option<&SellerId>,
    ) -> Result<Authorized<authorized::ReadQuarantine>, AccessError> {
        self.mint(caller, &Action::ReadQuarantine(seller), authorized::ReadQuarantine)
    }

    /// May the caller take in what is in quarantine? It came as documents of that seller: who may collect them may.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn retry_quarantine(
        &self,
        caller: &Caller,
        seller: &SellerId,
    ) -> Result<Authorized<authorized::RetryQuarantine>, AccessError> {
        self.mint(caller, &Action::Collect(seller), authorized::RetryQuarantine { seller: seller.clone() })
    }

    /// May the caller throw away what is in quarantine?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn discard_quarantine(
        &self,
        caller: &Caller,
        seller: &SellerId,
    ) -> Result<Authorized<authorized::DiscardQuarantine>, AccessError> {
        self.mint(
            caller,
            &Action::DiscardQuarantine(seller),
            authorized::DiscardQuarantine { seller: seller.clone() },
        )
    }

    /// May the caller read the catalogue?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn read_catalogue(
        &self,
        caller: &Caller,
    ) -> Result<Authorized<authorized::ReadCatalogue>, AccessError> {
        self.mint(caller, &Action::ReadCatalogue, authorized::ReadCatalogue)
    }

    /// May the caller see what the catalogue does not name: of one seller, or of all?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn read_unclassified(
        &self,
        caller: &Caller,
        seller: Option<&SellerId>,
    ) -> Result<Authorized<authorized::ReadUnclassified>, AccessError> {
        let read = authorized::ReadUnclassified { seller: seller.cloned() };
        self.mint(caller, &Action::ReadUnclassified(seller), read)
    }

    /// May the caller measure what the orders that are held are like: of one seller, or of all? Who may look through what is held for
    /// what nobody classified may: either tells counts, and no value.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn read_shape(
        &self,
        caller: &Caller,
        seller: Option<&SellerId>,
    ) -> Result<Authorized<authorized::ReadShape>, AccessError> {
        let read = authorized::ReadShape { seller: seller.cloned() };
        self.mint(caller, &Action::ReadUnclassified(seller), read)
    }

    /// May the caller decide what a field is; also that it is a fact, when `fact`?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn classify(
        &self,
        caller: &Caller,
        fact: bool,
    ) -> Result<Authorized<authorized::Classify>, AccessError> {
        let action = if fact { Action::Declassify } else { Action::Classify };
        self.mint(caller, &action, authorized::Classify { fact })
    }

    /// May the caller seal to an offline key what a law obliges to keep, alone?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn archive(&self, caller: &Caller) -> Result<Authorized<authorized::Archive>, AccessError> {
        self.mint(caller, &Action::Archive, authorized::Archive)
    }

    /// May the caller have records of a seller leave, but for the second person that it may take? It takes a fresh second factor.
    /// Asked before anything is looked up.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn may_export(&self, caller: &Caller, seller: &SellerId) -> Result<(), AccessError> {
        let action = Action::Export(seller);
        self.allow(caller, &action)?;
        self.fresh_factor(caller, &action)
    }

    /// May the caller seal records of a seller to a registered recipient, alone: few of them, or more than one person may let out
    /// (`in_bulk`)?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn export(
        &self,
        caller: &Caller,
        seller: &SellerId,
        in_bulk: bool,
    ) -> Result<Authorized<authorized::Export>, AccessError> {
        self.may_export(caller, seller)?;
        let action = if in_bulk { Action::ExportInBulk(seller) } else { Action::Export(seller) };
        self.mint(caller, &action, authorized::Export { seller: seller.clone() })
    }

    /// May the caller fetch the file of an export of that seller? It is ciphertext.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn fetch_export(
        &self,
        caller: &Caller,
        seller: &SellerId,
    ) -> Result<Authorized<authorized::Export>, AccessError> {
        self.mint(caller, &Action::Export(seller), authorized::Export { seller: seller.clone() })
    }

    /// May the caller see who is a registered recipient, what went to them, and what they have to be told?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn read_exports(&self, caller: &Caller) -> Result<Authorized<authorized::ReadExports>, AccessError> {
        self.mint(caller, &Action::ReadExports, authorized::ReadExports)
    }

    /// May the caller tell recipients what became of what they have?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn tell_recipients(
        &self,
        caller: &Caller,
    ) -> Result<Authorized<authorized::TellRecipients>, AccessError> {
        self.mint(caller, &Action::TellRecipients, authorized::TellRecipients)
    }

    /// May the caller see which prints there are, and say what became of them?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn keep_prints(&self, caller: &Caller) -> Result<Authorized<authorized::KeepPrints>, AccessError> {
        self.mint(caller, &Action::KeepPrints, authorized::KeepPrints)
    }

    /// May the caller at least propose that?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn may_archive(&self, caller: &Caller) -> Result<(), AccessError> {
        let circumstances = Circumstances { alone: false, ..self.circumstances(caller) };
        self.allow_in(caller, &Action::Archive, &circumstances)
    }

    /// May the caller see the retention clock: of one seller, or of all?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn read_retention(
        &self,
        caller: &Caller,
        seller: Option<&SellerId>,
    ) -> Result<Authorized<authorized::ReadRetention>, AccessError> {
        self.mint(caller, &Action::ReadRetention(seller), authorized::ReadRetention)
    }

    /// May the caller run disposal?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn run_retention(
        &self,
        caller: &Caller,
    ) -> Result<Authorized<authorized::RunRetention>, AccessError> {
        self.mint(caller, &Action::RunRetention, authorized::RunRetention)
    }

    /// May the caller change the home?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn administer(&self, caller: &Caller) -> Result<Authorized<authorized::Administer>, AccessError> {
        self.mint(caller, &Action::Administer, authorized::Administer)
    }

    /// The same for what cannot be taken back: it takes a second factor that was shown a short while ago, where the home asks for
    /// one.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn administer_afresh(
        &self,
        caller: &Caller,
    ) -> Result<Authorized<authorized::Administer>, AccessError> {
        self.may_change_people(caller)?;
        self.administer(caller)
    }

    /// May the caller see how the keyring stands? The vault asks the proof of administering for it; a face takes this
    /// one for `keys status` alone, since an operator has it too.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn read_keys(&self, caller: &Caller) -> Result<Authorized<authorized::Administer>, AccessError> {
        self.mint(caller, &Action::ReadKeys, authorized::Administer)
    }

    /// May the caller read the ledger? Writes `LedgerRead`, with `how` one of `"tail"`, `"details"` (with where each
    /// request came from), `"verify"`, `"prove"` and `"export"`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Ledger`] when the event cannot be written.
    pub fn read_ledger(
        &self,
        caller: &Caller,
        how: &'static str,
    ) -> Result<Authorized<authorized::ReadLedger>, AccessError> {
        let authorized = self.mint(caller, &Action::ReadLedger, authorized::ReadLedger)?;
        self.store.append(&[caller.context.event(What::LedgerRead { how: how.into() })])?;
        Ok(authorized)
    }

    /// Authorises background work of the system itself.
    pub fn system(&self, request: RequestId, now: Timestamp) -> Authorized<authorized::RunRetention> {
        self.mint.act(Context::system(request, now), authorized::RunRetention)
    }

    fn mint<A: authorized::Act>(
        &self,
        caller: &Caller,
        action: &Action<'_>,
        proof: A,
    ) -> Result<Authorized<A>, AccessError> {
        self.allow(caller, action)?;
        Ok(self.mint.act(caller.context, proof))
    }
}
