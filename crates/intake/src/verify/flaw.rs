//! What can be wrong with a single document: a closed set.

/// Why a document goes into quarantine: a code from the program, never a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// Not JSON.
    Syntax,
    /// The input, or the line, ended inside it.
    Truncated,
    /// Longer than allowed, or with more values.
    TooLong,
    /// Nested deeper than allowed.
    TooDeep,
    /// A key twice in one object.
    DuplicateKey,
    /// A number that cannot be kept exactly.
    Number,
    /// Bytes that are no letters in the character set of the input.
    Encoding,
    /// Letters whose character set is not certain, or not the one that was named.
    Charset,
    /// XML that declares entities, or uses one that is not XML's own.
    Entities,
    /// No object, or one without an order id.
    NotAnOrder,
    /// No usable order id.
    OrderId,
    /// An object where a leaf belongs, or the reverse; an id twice in a list.
    Structure,
    /// Rows of one record say different things of a person.
    RowsDisagree,
    /// A token in the place of a value. Only the keeper of the keys can tell.
    Token,
    /// A marketplace that nobody knows.
    Marketplace,
    /// A value, or a member's name, that is longer than what it stands for can be.
    TooWide,
}

impl Flaw {
    /// Every flaw.
    pub const ALL: &'static [Self] = &[
        Self::Syntax,
        Self::Truncated,
        Self::TooLong,
        Self::TooDeep,
        Self::DuplicateKey,
        Self::Number,
        Self::Encoding,
        Self::Charset,
        Self::Entities,
        Self::NotAnOrder,
        Self::OrderId,
        Self::Structure,
        Self::RowsDisagree,
        Self::Token,
        Self::Marketplace,
        Self::TooWide,
    ];

    /// Its stable code (`"duplicate-key"` …).
    pub fn code(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Truncated => "truncated",
            Self::TooLong => "too-long",
            Self::TooDeep => "too-deep",
            Self::DuplicateKey => "duplicate-key",
            Self::Number => "number",
            Self::Encoding => "encoding",
            Self::Charset => "charset",
            Self::Entities => "entities",
            Self::NotAnOrder => "not-an-order",
            Self::OrderId => "order-id",
            Self::Structure => "structure",
            Self::RowsDisagree => "rows-disagree",
            Self::Token => "token",
            Self::Marketplace => "marketplace",
            Self::TooWide => "too-wide",
        }
    }

    /// The flaw of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|flaw| flaw.code() == code)
    }

    /// In words, with what to do.
    pub fn words(self) -> &'static str {
        match self {
            Self::Syntax => {
                "the document breaks the rules of JSON or XML; fetch it again or mend what wrote it"
            }
            Self::Truncated => "the input ends inside the document; fetch it again as a whole",
            Self::TooLong => {
                "the document, or its record with it, is longer than an order can be; give its orders one by one"
            }
            Self::TooDeep => "the document is nested deeper than an order can be; check what wrote it",
            Self::DuplicateKey => "an object has the same key twice; fetch it again or mend what wrote it",
            Self::Number => "a number has more digits than can be kept; write it as a string",
            Self::Encoding => {
                "some bytes are no letters in the input's character set; fetch it again, or name the right one with --charset"
            }
            Self::Charset => {
                "which character set its letters are in is not certain, or they are not in the one that was named; name the right one with --charset"
            }
            Self::Entities => {
                "XML entities of its own are not expanded; have it written with XML's five alone"
            }
            Self::NotAnOrder => {
                "it has no id by which an order, shipment or return goes; fetch it again, or name its format with --format"
            }
            Self::OrderId => "the orderId is no order id; fetch the order again",
            Self::Structure => "a value stands where the API has none of its kind; fetch the order again",
            Self::RowsDisagree => {
                "rows of the same order tell different names or addresses; find out which one is right"
            }
            Self::Marketplace => {
                "no marketplace is known by that id; add it to `marketplaces` in the home's catalogue, then retry"
            }
            Self::TooWide => "a value is longer than its field can be; check what wrote it",
            Self::Token => "a token stands in the place of a value; give the order as it came from Amazon",
        }
    }
}
