//! Names that are nobody's: a role, a department, a machine. An account under one would be shared (1.2.b).
//!
//! A name is generic when nothing is left of it but generic words; a mail address when the part before its `@` is.
//! Words are those of the marketplaces' languages, in lower case and without accents. A person called Mark Lager or
//! Anna Support is a person: one word of a name that is somebody's own is enough.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Generic whatever stands beside it in an address: `noreply`, `info`.
const WORDS: &[&str] = &[
    // Accounts of machines, and of whoever happens to be there.
    "admin",
    "admins",
    "administrator",
    "administrateur",
    "administrador",
    "amministratore",
    "beheerder",
    "administratoer",
    "yonetici",
    "root",
    "superuser",
    "sysadmin",
    "system",
    "sistema",
    "systeme",
    "systeem",
    "user",
    "users",
    "usuario",
    "utilisateur",
    "utente",
    "benutzer",
    "gebruiker",
    "anvandare",
    "uzytkownik",
    "kullanici",
    "guest",
    "gast",
    "invite",
    "invitado",
    "ospite",
    "gosc",
    "misafir",
    "convidado",
    "test",
    "tests",
    "tester",
    "testuser",
    "demo",
    "example",
    "default",
    "service",
    "svc",
    "daemon",
    "backup",
    "bot",
    "api",
    "nobody",
    "anonymous",
    "public",
    "shared",
    "common",
    "generic",
    "temp",
    "tmp",
    "dummy",
    "operator",
    "owner",
    "officer",
    "auditor",
    "account",
    "konto",
    "compte",
    "cuenta",
    "conto",
    // Roles and departments.
    "info",
    "information",
    "informacion",
    "informazioni",
    "kontakt",
    "contact",
    "contacto",
    "contatto",
    "contato",
    "kontaktas",
    "office",
    "buero",
    "bureau",
    "oficina",
    "ufficio",
    "kantoor",
    "biuro",
    "ofis",
    "escritorio",
    "kontor",
    "team",
    "equipe",
    "equipo",
    "squadra",
    "staff",
    "personal",
    "personnel",
    "mitarbeiter",
    "group",
    "gruppe",
    "support",
    "supporto",
    "soporte",
    "suporte",
    "helpdesk",
    "help",
    "hilfe",
    "aide",
    "ayuda",
    "aiuto",
    "pomoc",
    "destek",
    "hjalp",
    "kundenservice",
    "kundendienst",
    "kundservice",
    "klantenservice",
    "customer",
    "customers",
    "customerservice",
    "client",
    "clients",
    "clientes",
    "clienti",
    "kunde",
    "kunden",
    "sales",
    "verkauf",
    "vertrieb",
    "ventes",
    "ventas",
    "vendite",
    "vendas",
    "verkoop",
    "forsaljning",
    "sprzedaz",
    "satis",
    "marketing",
    "seller",
    "vendor",
    "vendeur",
    "vendedor",
    "venditore",
    "verkoper",
    "sprzedawca",
    "satici",
    "shop",
    "store",
    "tienda",
    "negozio",
    "boutique",
    "winkel",
    "sklep",
    "magaza",
    "loja",
    "butik",
    "orders",
    "order",
    "bestellung",
    "bestellungen",
    "commandes",
    "pedidos",
    "ordini",
    "bestellingen",
    "zamowienia",
    "siparis",
    "bestallningar",
    "warehouse",
    "lager",
    "magazijn",
    "almacen",
    "magazzino",
    "entrepot",
    "armazem",
    "magazyn",
    "depo",
    "depot",
    "logistics",
    "logistik",
    "logistique",
    "logistica",
    "logistiek",
    "logistyka",
    "lojistik",
    "shipping",
    "versand",
    "expedition",
    "envios",
    "spedizione",
    "spedizioni",
    "verzending",
    "wysylka",
    "kargo",
    "frakt",
    "fulfillment",
    "fulfilment",
    "returns",
    "retouren",
    "retours",
    "devoluciones",
    "resi",
    "zwroty",
    "iade",
    "returer",
    "billing",
    "invoice",
    "invoices",
    "rechnung",
    "rechnungen",
    "factures",
    "facturation",
    "facturas",
    "facturacion",
    "fatture",
    "facturen",
    "faktury",
    "fatura",
    "fakturor",
    "accounting",
    "accounts",
    "buchhaltung",
    "comptabilite",
    "contabilidad",
    "contabilita",
    "contabilidade",
    "boekhouding",
    "ksiegowosc",
    "muhasebe",
    "ekonomi",
    "finance",
    "finanzen",
    "finances",
    "finanzas",
    "finanza",
    "financien",
    "finanse",
    "payroll",
    "purchasing",
    "einkauf",
    "achats",
    "compras",
    "acquisti",
    "inkoop",
    "zakupy",
    "hr",
    "jobs",
    "karriere",
    "legal",
    "compliance",
    "privacy",
    "datenschutz",
    "gdpr",
    "dpo",
    "security",
    "sicherheit",
    "securite",
    "seguridad",
    "sicurezza",
    "abuse",
    "it",
    "edv",
    "dev",
    "developer",
    "developers",
    "devops",
    "ops",
    "tech",
    "technik",
    "management",
    "geschaeftsleitung",
    "direction",
    "manager",
    "boss",
    "chef",
    // What tells shared accounts apart.
    "one",
    "two",
    "three",
    "new",
    "old",
    "general",
    "everybody",
    "everyone",
    "anyone",
    // Mailboxes of machines (RFC 2142 and use).
    "postmaster",
    "hostmaster",
    "webmaster",
    "mailer",
    "noreply",
    "reply",
    "no",
    "do",
    "not",
    "donotreply",
    "mail",
    "email",
    "news",
    "newsletter",
    "www",
    "ftp",
    "noc",
    "usenet",
    "uucp",
    "alerts",
    "notifications",
    "robot",
    // Of the Japanese, Chinese, Arabic and Hindi marketplaces, as written there.
    "管理者",
    "管理员",
    "管理員",
    "担当者",
    "担当",
    "倉庫",
    "仓库",
    "经理",
    "店長",
    "店铺",
    "店舗",
    "サポート",
    "お問い合わせ",
    "客服",
    "测试",
    "テスト",
    "共有",
    "共享",
    "مدير",
    "المدير",
    "مستودع",
    "دعم",
    "اختبار",
    "व्यवस्थापक",
    "गोदाम",
    "सहायता",
    "परीक्षण",
];

/// Fewest digits of a number by which a provider knows one person, as is usual in China; shorter ones count somebody's
/// mailboxes.
const OWN_NUMBER_DIGITS_MIN: usize = 5;

/// Whether a person's name is nobody's own.
pub(crate) fn is_generic_name(name: &str) -> bool {
    is_generic(name)
}

/// Whether a mail address is a role's mailbox: whatever its domain.
pub(crate) fn is_generic_mail(mail: &str) -> bool {
    let local = mail.split('@').next().unwrap_or_default();
    // What follows a plus sign is a note to oneself (RFC 5233).
    let local = local.split('+').next().unwrap_or_default();
    let is_number = local.chars().count() >= OWN_NUMBER_DIGITS_MIN && local.chars().all(char::is_numeric);
    !is_number && is_generic(local)
}

/// Whether every word of a text is generic. Digits say nothing: `admin2` is as shared as `admin`.
fn is_generic(text: &str) -> bool {
    let folded: String =
        text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    let folded = folded.replace('ß', "ss").replace('ł', "l").replace('ø', "o").replace('ı', "i");
    let mut words = folded.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).peekable();
    words.peek().is_none() || words.all(is_generic_word)
}

fn is_generic_word(word: &str) -> bool {
    let kept = |word: &str| {
        // The list as it is folded, too: marks of Indian scripts are combining ones.
        WORDS.iter().any(|known| known.nfkd().filter(|c| !is_combining_mark(*c)).eq(word.chars()))
    };
    kept(word) || umlauts(word).is_some_and(|word| kept(&word))
}

/// `büro` is folded to `buro`; the list has `buero`.
fn umlauts(word: &str) -> Option<String> {
    let spelt = word.replace('a', "ae");
    let candidates = [spelt, word.replace('o', "oe"), word.replace('u', "ue")];
    candidates.into_iter().find(|candidate| WORDS.contains(&candidate.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_generic_when_nothing_in_it_is_somebodys_own() {
        for name in [
            "admin",
            "Root",
            "TEST",
            "Admin 2",
            "Warehouse",
            "Warehouse Team",
            "Lager",
            "Magazzino",
            "Entrepôt",
            "Almacén",
            "Sales-Team",
            "Kundenservice",
            "Büro",
            "Księgowość",
            "倉庫",
            "サポート",
            "مستودع",
            "गोदाम",
            "Service Client",
            "shared",
            "42",
        ] {
            assert!(is_generic_name(name), "{name}");
        }
        for name in [
            "Ada Muster",
            "Mark Lager",
            "Anna Support",
            "Rüdiger Tester",
            "Bo",
            "山田 太郎",
            "Ева Складова",
            "Chef Ramsay",
            "Maria del Carmen",
        ] {
            assert!(!is_generic_name(name), "{name}");
        }
    }

    #[test]
    fn a_mailbox_of_a_role_is_generic_whatever_its_domain() {
        for mail in [
            "info@shop.example",
            "no-reply@shop.example",
            "warehouse.2@shop.example",
            "team+ada@shop.example",
            "kundenservice@shop.example",
            "sales_team@ada-muster.example",
            "1234@shop.example",
        ] {
            assert!(is_generic_mail(mail), "{mail}");
        }
        for mail in ["12345@mail.example", "138001380@mail.example"] {
            assert!(!is_generic_mail(mail), "a number of one's own: {mail}");
        }
        for mail in ["ada@info.example", "a.muster@shop.example", "info.ada@shop.example", "kim@x.example"] {
            assert!(!is_generic_mail(mail), "{mail}");
        }
    }

    #[test]
    fn no_word_is_listed_twice_and_each_is_found_as_it_is_listed() {
        let mut words = WORDS.to_vec();
        words.sort_unstable();
        assert!(words.windows(2).all(|two| two[0] != two[1]), "{words:?}");
        for word in WORDS {
            assert!(is_generic_name(word), "{word}");
        }
    }
}
