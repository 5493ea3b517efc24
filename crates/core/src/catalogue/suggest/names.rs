//! What names of members and columns mean, in the languages of Amazon's marketplaces; and names that are values.

/// What a name speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Email,
    Phone,
    Name,
    Birthday,
    /// Something else that names one person: a document, an account, an address on the net.
    Identity,
    Address,
    PostalCode,
    Tax,
    FreeText,
}

/// A name of a member that is itself a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueName {
    /// Like an e-mail address.
    Mail,
    /// With as many digits as a phone number or an account has.
    Account,
    /// With as many digits as a date has.
    Number,
    /// A sentence.
    Text,
}

impl ValueName {
    /// Whether it can be somebody's: such a name is written nowhere.
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::Mail | Self::Account)
    }

    /// What is shown in its place.
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Mail => "<mail>",
            Self::Account => "<account>",
            Self::Number => "<number>",
            Self::Text => "<text>",
        }
    }
}

/// From so many digits on a name counts something that names of fields do not.
const DIGITS_MIN: usize = 6;
/// A date has one less.
const ACCOUNT_DIGITS_MIN: usize = 9;
/// The longest name of a member that is one.
const NAME_CHARACTERS_MAX: usize = 64;
/// Most words of one.
const NAME_WORDS_MAX: usize = 8;

/// Whether the name of a member looks like a value, and like which.
pub fn value_name(name: &str) -> Option<ValueName> {
    let is_mail = name.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if is_mail {
        return Some(ValueName::Mail);
    }
    match name.chars().filter(|sign| sign.is_numeric()).count() {
        ACCOUNT_DIGITS_MIN.. => return Some(ValueName::Account),
        DIGITS_MIN.. => return Some(ValueName::Number),
        _ => {}
    }
    let is_text = name.chars().count() > NAME_CHARACTERS_MAX
        || name.split_whitespace().count() > NAME_WORDS_MAX
        || name.chars().any(char::is_control);
    is_text.then_some(ValueName::Text)
}

/// Whether a name is written as programs write those of fields, or means something: `giftNote`, `gift-note`, `Gift Note`.
/// One that few documents have and that is neither (`Jane Smith`) may be somebody's.
pub fn is_field_name(name: &str) -> bool {
    if value_name(name).is_some() {
        return false;
    }
    let is_one_word = !name.chars().any(char::is_whitespace);
    let is_small = name.starts_with(|sign: char| sign.is_lowercase() || !sign.is_alphabetic());
    let humps = name.chars().zip(name.chars().skip(1));
    let has_humps =
        name.is_ascii() && humps.into_iter().any(|(one, next)| one.is_lowercase() && next.is_uppercase());
    is_one_word && (is_small || has_humps) || word_of(name).is_some()
}

/// Words that make of a "name" the name of a thing, and of an "address" one of no house.
const OF_THINGS: &str = "product item file sku brand carrier store warehouse channel marketplace site service method campaign \
    promotion currency field column type status code artikel produkt produit producto prodotto produto";

/// Each meaning with its words: whole words of a name, or two that follow each other, written together. The first
/// that fits speaks.
const DICTIONARY: &[(Word, &str)] = &[
    (
        Word::Email,
        "email emails mail emailaddress mailaddress correo courriel eposta epost posta メール メールアドレス 邮箱 邮件 \
         電子メール",
    ),
    (
        Word::Phone,
        "phone phones telephone tel mobile mobil cell cellphone fax telefon telefono teléfono telefone \
         téléphone telefoon telefonnummer rufnummer handy handynummer celular movil móvil cellulare portable \
         komórka whatsapp 電話 電話番号 电话 手机",
    ),
    (
        Word::PostalCode,
        "zip zipcode postal postalcode postcode plz postleitzahl codepostal codigopostal códigopostal cap cep \
         postnummer postnr kodpocztowy 郵便番号 邮编 邮政编码",
    ),
    (
        Word::Tax,
        "tax taxid taxnumber vat vatid vatnumber gst gstin cpf cnpj nif cif nie ust ustid ustidnr steuer \
         steuernummer tva iva partitaiva codicefiscale siret siren pec sdi nip pesel rfc curp ein tin kdv \
         tckn btw moms abn pan 税号",
    ),
    (
        Word::Birthday,
        "birthday birth birthdate dob geburtstag geburtsdatum naissance nacimiento nascita nascimento \
         geboortedatum urodzenia 誕生日 生年月日 生日",
    ),
    (
        Word::FreeText,
        "note notes comment comments message remark remarks instruction instructions gift greeting engraving \
         personalization personalisation customization customisation feedback reason question answer text \
         memo bemerkung bemerkungen kommentar nachricht notiz hinweis anmerkung geschenk gravur commentaire \
         commentaires remarque cadeau nota notas comentario comentarios comentário mensaje mensagem messaggio \
         regalo presente opmerking opmerkingen bericht uwagi wiadomość meddelande 備考 メッセージ 备注 留言",
    ),
    (
        Word::Address,
        "street address addr line1 line2 line3 house housenumber apartment flat floor building city town \
         suburb district county province region state strasse straße str hausnummer adresse anschrift stadt \
         ort ortsteil bundesland packstation rue ville calle dirección direccion ciudad provincia via \
         indirizzo città citta comune rua endereço endereco bairro cidade estado straat adres stad plaats \
         ulica miasto gata adress adresi şehir ilçe latitude longitude 住所 都道府県 地址 城市",
    ),
    (
        Word::Identity,
        "ip ipaddress passport ssn iban account accountnumber username userid login device cookie customerid \
         buyerid kundennummer konto ausweis loyalty membership licence license 身分証 身份证",
    ),
    (
        Word::Name,
        "name names firstname lastname fullname surname nickname initials title salutation buyer recipient \
         customer contact attention person company vorname nachname anrede empfänger empfaenger kunde käufer \
         firma nom prénom prenom destinataire client acheteur société nombre apellido apellidos destinatario \
         cliente comprador empresa nome cognome azienda sobrenome naam voornaam achternaam klant bedrijf imię \
         imie nazwisko odbiorca namn förnamn efternamn isim soyad 氏名 名前 お名前 姓名 收件人",
    ),
];

/// What a name speaks of.
pub(super) fn word_of(name: &str) -> Option<Word> {
    let words = words(name);
    let pairs = words.iter().zip(words.iter().skip(1)).map(|(one, next)| format!("{one}{next}"));
    let all: Vec<String> = words.iter().cloned().chain(pairs).collect();
    let fits = |meant: &str| meant.split_whitespace().any(|meant| all.iter().any(|word| word == meant));
    let word = DICTIONARY.iter().find(|(_, meant)| fits(meant)).map(|(word, _)| *word)?;
    let is_of_thing = || OF_THINGS.split_whitespace().any(|thing| words.iter().any(|word| word == thing));
    match word {
        Word::Name | Word::Address if is_of_thing() => None,
        word => Some(word),
    }
}

/// The words of a name, in lower case: `giftNote`, `gift-note` and `GIFT_NOTE` are gift, note.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for sign in name.chars() {
        let begins = sign.is_uppercase() && before.is_lowercase();
        if (begins || !sign.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if sign.is_alphanumeric() {
            word.extend(sign.to_lowercase());
        }
        before = sign;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
