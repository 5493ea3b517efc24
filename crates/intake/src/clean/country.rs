//! Country codes: ISO 3166-1 alpha-2, from what addresses hold in their place.

use unicode_normalization::UnicodeNormalization;

/// The alpha-2 code of a country given by alpha-2 or alpha-3 code, or by a name that many use. Case and width do not
/// count.
pub(crate) fn country_code(value: &str) -> Option<&'static str> {
    let value = value.trim();
    if value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return alpha2(value).or_else(|| named(&value.to_ascii_lowercase()));
    }
    let folded = value.nfkc().collect::<String>();
    let upper = folded.to_ascii_uppercase();
    alpha2(&upper).or_else(|| alpha3(&upper)).or_else(|| named(&folded.to_lowercase()))
}

fn alpha2(code: &str) -> Option<&'static str> {
    let at = CODES.binary_search_by_key(&code, |(alpha2, _)| alpha2).ok()?;
    CODES.get(at).map(|(alpha2, _)| *alpha2)
}

fn alpha3(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(_, alpha3)| *alpha3 == code).map(|(alpha2, _)| *alpha2)
}

fn named(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(one, _)| *one == name).map(|(_, alpha2)| *alpha2)
}

/// ISO 3166-1, alpha-2 and alpha-3, in the order of the first.
#[rustfmt::skip]
const CODES: [(&str, &str); 249] = [
    ("AD", "AND"), ("AE", "ARE"), ("AF", "AFG"), ("AG", "ATG"), ("AI", "AIA"), ("AL", "ALB"), ("AM", "ARM"),
    ("AO", "AGO"), ("AQ", "ATA"), ("AR", "ARG"), ("AS", "ASM"), ("AT", "AUT"), ("AU", "AUS"), ("AW", "ABW"),
    ("AX", "ALA"), ("AZ", "AZE"), ("BA", "BIH"), ("BB", "BRB"), ("BD", "BGD"), ("BE", "BEL"), ("BF", "BFA"),
    ("BG", "BGR"), ("BH", "BHR"), ("BI", "BDI"), ("BJ", "BEN"), ("BL", "BLM"), ("BM", "BMU"), ("BN", "BRN"),
    ("BO", "BOL"), ("BQ", "BES"), ("BR", "BRA"), ("BS", "BHS"), ("BT", "BTN"), ("BV", "BVT"), ("BW", "BWA"),
    ("BY", "BLR"), ("BZ", "BLZ"), ("CA", "CAN"), ("CC", "CCK"), ("CD", "COD"), ("CF", "CAF"), ("CG", "COG"),
    ("CH", "CHE"), ("CI", "CIV"), ("CK", "COK"), ("CL", "CHL"), ("CM", "CMR"), ("CN", "CHN"), ("CO", "COL"),
    ("CR", "CRI"), ("CU", "CUB"), ("CV", "CPV"), ("CW", "CUW"), ("CX", "CXR"), ("CY", "CYP"), ("CZ", "CZE"),
    ("DE", "DEU"), ("DJ", "DJI"), ("DK", "DNK"), ("DM", "DMA"), ("DO", "DOM"), ("DZ", "DZA"), ("EC", "ECU"),
    ("EE", "EST"), ("EG", "EGY"), ("EH", "ESH"), ("ER", "ERI"), ("ES", "ESP"), ("ET", "ETH"), ("FI", "FIN"),
    ("FJ", "FJI"), ("FK", "FLK"), ("FM", "FSM"), ("FO", "FRO"), ("FR", "FRA"), ("GA", "GAB"), ("GB", "GBR"),
    ("GD", "GRD"), ("GE", "GEO"), ("GF", "GUF"), ("GG", "GGY"), ("GH", "GHA"), ("GI", "GIB"), ("GL", "GRL"),
    ("GM", "GMB"), ("GN", "GIN"), ("GP", "GLP"), ("GQ", "GNQ"), ("GR", "GRC"), ("GS", "SGS"), ("GT", "GTM"),
    ("GU", "GUM"), ("GW", "GNB"), ("GY", "GUY"), ("HK", "HKG"), ("HM", "HMD"), ("HN", "HND"), ("HR", "HRV"),
    ("HT", "HTI"), ("HU", "HUN"), ("ID", "IDN"), ("IE", "IRL"), ("IL", "ISR"), ("IM", "IMN"), ("IN", "IND"),
    ("IO", "IOT"), ("IQ", "IRQ"), ("IR", "IRN"), ("IS", "ISL"), ("IT", "ITA"), ("JE", "JEY"), ("JM", "JAM"),
    ("JO", "JOR"), ("JP", "JPN"), ("KE", "KEN"), ("KG", "KGZ"), ("KH", "KHM"), ("KI", "KIR"), ("KM", "COM"),
    ("KN", "KNA"), ("KP", "PRK"), ("KR", "KOR"), ("KW", "KWT"), ("KY", "CYM"), ("KZ", "KAZ"), ("LA", "LAO"),
    ("LB", "LBN"), ("LC", "LCA"), ("LI", "LIE"), ("LK", "LKA"), ("LR", "LBR"), ("LS", "LSO"), ("LT", "LTU"),
    ("LU", "LUX"), ("LV", "LVA"), ("LY", "LBY"), ("MA", "MAR"), ("MC", "MCO"), ("MD", "MDA"), ("ME", "MNE"),
    ("MF", "MAF"), ("MG", "MDG"), ("MH", "MHL"), ("MK", "MKD"), ("ML", "MLI"), ("MM", "MMR"), ("MN", "MNG"),
    ("MO", "MAC"), ("MP", "MNP"), ("MQ", "MTQ"), ("MR", "MRT"), ("MS", "MSR"), ("MT", "MLT"), ("MU", "MUS"),
    ("MV", "MDV"), ("MW", "MWI"), ("MX", "MEX"), ("MY", "MYS"), ("MZ", "MOZ"), ("NA", "NAM"), ("NC", "NCL"),
    ("NE", "NER"), ("NF", "NFK"), ("NG", "NGA"), ("NI", "NIC"), ("NL", "NLD"), ("NO", "NOR"), ("NP", "NPL"),
    ("NR", "NRU"), ("NU", "NIU"), ("NZ", "NZL"), ("OM", "OMN"), ("PA", "PAN"), ("PE", "PER"), ("PF", "PYF"),
    ("PG", "PNG"), ("PH", "PHL"), ("PK", "PAK"), ("PL", "POL"), ("PM", "SPM"), ("PN", "PCN"), ("PR", "PRI"),
    ("PS", "PSE"), ("PT", "PRT"), ("PW", "PLW"), ("PY", "PRY"), ("QA", "QAT"), ("RE", "REU"), ("RO", "ROU"),
    ("RS", "SRB"), ("RU", "RUS"), ("RW", "RWA"), ("SA", "SAU"), ("SB", "SLB"), ("SC", "SYC"), ("SD", "SDN"),
    ("SE", "SWE"), ("SG", "SGP"), ("SH", "SHN"), ("SI", "SVN"), ("SJ", "SJM"), ("SK", "SVK"), ("SL", "SLE"),
    ("SM", "SMR"), ("SN", "SEN"), ("SO", "SOM"), ("SR", "SUR"), ("SS", "SSD"), ("ST", "STP"), ("SV", "SLV"),
    ("SX", "SXM"), ("SY", "SYR"), ("SZ", "SWZ"), ("TC", "TCA"), ("TD", "TCD"), ("TF", "ATF"), ("TG", "TGO"),
    ("TH", "THA"), ("TJ", "TJK"), ("TK", "TKL"), ("TL", "TLS"), ("TM", "TKM"), ("TN", "TUN"), ("TO", "TON"),
    ("TR", "TUR"), ("TT", "TTO"), ("TV", "TUV"), ("TW", "TWN"), ("TZ", "TZA"), ("UA", "UKR"), ("UG", "UGA"),
    ("UM", "UMI"), ("US", "USA"), ("UY", "URY"), ("UZ", "UZB"), ("VA", "VAT"), ("VC", "VCT"), ("VE", "VEN"),
    ("VG", "VGB"), ("VI", "VIR"), ("VN", "VNM"), ("VU", "VUT"), ("WF", "WLF"), ("WS", "WSM"), ("YE", "YEM"),
    ("YT", "MYT"), ("ZA", "ZAF"), ("ZM", "ZMB"), ("ZW", "ZWE"),
];

/// Names in lower case, and codes that are none but are used as such.
#[rustfmt::skip]
const NAMES: &[(&str, &str)] = &[
    ("united arab emirates", "AE"), ("uae", "AE"), ("austria", "AT"), ("österreich", "AT"),
    ("australia", "AU"), ("belgium", "BE"), ("belgië", "BE"), ("belgique", "BE"), ("brazil", "BR"),
    ("brasil", "BR"), ("canada", "CA"), ("switzerland", "CH"), ("schweiz", "CH"), ("suisse", "CH"),
    ("svizzera", "CH"), ("china", "CN"), ("中国", "CN"), ("czechia", "CZ"), ("czech republic", "CZ"),
    ("germany", "DE"), ("deutschland", "DE"), ("denmark", "DK"), ("danmark", "DK"), ("egypt", "EG"),
    ("spain", "ES"), ("españa", "ES"), ("finland", "FI"), ("suomi", "FI"), ("france", "FR"), ("uk", "GB"),
    ("united kingdom", "GB"), ("great britain", "GB"), ("england", "GB"), ("scotland", "GB"), ("wales", "GB"),
    ("northern ireland", "GB"), ("greece", "GR"), ("hungary", "HU"), ("magyarország", "HU"),
    ("ireland", "IE"), ("éire", "IE"), ("india", "IN"), ("भारत", "IN"), ("italy", "IT"), ("italia", "IT"),
    ("japan", "JP"), ("日本", "JP"), ("日本国", "JP"), ("korea", "KR"), ("south korea", "KR"), ("대한민국", "KR"),
    ("luxembourg", "LU"), ("luxemburg", "LU"), ("mexico", "MX"), ("méxico", "MX"), ("netherlands", "NL"),
    ("the netherlands", "NL"), ("holland", "NL"), ("nederland", "NL"), ("norway", "NO"), ("norge", "NO"),
    ("new zealand", "NZ"), ("poland", "PL"), ("polska", "PL"), ("portugal", "PT"), ("romania", "RO"),
    ("românia", "RO"), ("saudi arabia", "SA"), ("sweden", "SE"), ("sverige", "SE"), ("singapore", "SG"),
    ("turkey", "TR"), ("türkiye", "TR"), ("taiwan", "TW"), ("台灣", "TW"), ("united states", "US"),
    ("united states of america", "US"), ("u.s.a.", "US"), ("u.s.", "US"), ("america", "US"),
    ("south africa", "ZA"),
];
