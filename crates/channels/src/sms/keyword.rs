//! Commands that recipients write: stop, start, help, in the languages that operators ask senders to know.
//!
//! What it is: a closed list of words, and the words that a sender adds. What it is not: an
//! understanding of sentences; more than one word is a sentence and no command, unless the list has it.

/// What a recipient's one-word answer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// Who this is.
    Help,
}

/// In capitals, English first, then by language: French, Spanish, Portuguese, Italian, German, Dutch,
/// Scandinavian, Polish, Turkish, Indonesian, Russian, Arabic, Chinese. With and without accents, as
/// people write them on telephones.
const STOP: &[&str] = &[
    "STOP",
    "STOPALL",
    "STOP ALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "OPT OUT",
    "OPT-OUT",
    "ARRET",
    "ARRÊT",
    "ARRETER",
    "ARRÊTER",
    "DESABONNER",
    "DÉSABONNER",
    "BAJA",
    "ALTO",
    "CANCELAR",
    "PARAR",
    "SAIR",
    "ANNULLA",
    "CANCELLA",
    "STOPP",
    "ABMELDEN",
    "AFMELDEN",
    "AVSLUTA",
    "REZYGNUJE",
    "REZYGNUJĘ",
    "RET",
    "IPTAL",
    "İPTAL",
    "DUR",
    "BERHENTI",
    "СТОП",
    "توقف",
    "إيقاف",
    "ايقاف",
    "إلغاء",
    "الغاء",
    "退订",
    "TD",
];
const START: &[&str] = &[
    "START",
    "YES",
    "UNSTOP",
    "SUBSCRIBE",
    "OPTIN",
    "OPT IN",
    "OPT-IN",
    "OUI",
    "ABONNER",
    "ALTA",
    "INICIAR",
    "ANMELDEN",
    "BASLA",
    "BAŞLA",
    "EVET",
    "MULAI",
    "СТАРТ",
    "ابدأ",
    "اشتراك",
];
const HELP: &[&str] =
    &["HELP", "INFO", "AIDE", "AYUDA", "AJUDA", "AIUTO", "HILFE", "YARDIM", "BANTUAN", "مساعدة"];

impl Keyword {
    /// Reads an answer: one word, whatever its case and the blanks or stops around it. More words
    /// are a sentence and no command ("stop by tomorrow").
    pub fn read(text: &str) -> Option<Keyword> {
        let word = bare(text);
        let among = |words: &[&str]| words.contains(&word.as_str());
        match () {
            () if among(STOP) => Some(Keyword::Stop),
            () if among(START) => Some(Keyword::Start),
            () if among(HELP) => Some(Keyword::Help),
            () => None,
        }
    }

    /// Whether an answer is one of these words, whatever its case and what stands around it.
    pub fn is_one_of(text: &str, words: &[String]) -> bool {
        let word = bare(text);
        !word.is_empty() && words.iter().any(|own| bare(own) == word)
    }

    /// The stable name: `stop`, `start` or `help`.
    pub const fn name(self) -> &'static str {
        match self {
            Keyword::Stop => "stop",
            Keyword::Start => "start",
            Keyword::Help => "help",
        }
    }
}

/// The words in capitals, without what people put around them.
fn bare(text: &str) -> String {
    let around = |c: char| c.is_whitespace() || matches!(c, '.' | '!' | ',' | '"' | '\'');
    text.trim_matches(around).to_uppercase()
}
