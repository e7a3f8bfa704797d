//! Names and signs of languages, and symbols of currencies.
//!
//! After the Unicode CLDR, in the forms that stand inside a date ("1 Mart 2026"). Numbers are
//! written with Latin digits everywhere: links, codes and prices are copied from messages.

/// Where the symbol of a currency stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Money {
    /// `$5`.
    Before,
    /// `Rp 5`.
    BeforeApart,
    /// `5 €`.
    After,
}

/// Names of months, days and halves of the day; Monday first.
#[derive(Debug)]
pub(crate) struct Names {
    pub months: [&'static str; 12],
    pub months_short: [&'static str; 12],
    pub days: [&'static str; 7],
    pub days_short: [&'static str; 7],
    pub halves: [&'static str; 2],
}

/// A language.
#[derive(Debug)]
pub(super) struct Language {
    pub code: &'static str,
    pub names: Names,
    pub point: &'static str,
    pub thousands: &'static str,
    /// So many digits at least are grouped.
    pub group_from: usize,
    pub money: Money,
}

/// What every other language is written like.
pub(super) const ENGLISH: Language = Language {
    code: "en",
    names: Names {
        months: [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        months_short: [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ],
        days: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        days_short: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        halves: ["AM", "PM"],
    },
    point: ".",
    thousands: ",",
    group_from: 4,
    money: Money::Before,
};

/// All languages that are known.
pub(super) static LANGUAGES: &[Language] = &[
    ENGLISH,
    Language {
        code: "tr",
        names: Names {
            months: [
                "Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül",
                "Ekim", "Kasım", "Aralık",
            ],
            months_short: [
                "Oca", "Şub", "Mar", "Nis", "May", "Haz", "Tem", "Ağu", "Eyl", "Eki", "Kas", "Ara",
            ],
            days: ["Pazartesi", "Salı", "Çarşamba", "Perşembe", "Cuma", "Cumartesi", "Pazar"],
            days_short: ["Pzt", "Sal", "Çar", "Per", "Cum", "Cmt", "Paz"],
            halves: ["ÖÖ", "ÖS"],
        },
        point: ",",
        thousands: ".",
        group_from: 4,
        money: Money::Before,
    },
    Language {
        code: "ar",
        names: Names {
            months: [
                "يناير",
                "فبراير",
                "مارس",
                "أبريل",
                "مايو",
                "يونيو",
                "يوليو",
                "أغسطس",
                "سبتمبر",
                "أكتوبر",
                "نوفمبر",
                "ديسمبر",
            ],
            months_short: [
                "يناير",
                "فبراير",
                "مارس",
                "أبريل",
                "مايو",
                "يونيو",
                "يوليو",
                "أغسطس",
                "سبتمبر",
                "أكتوبر",
                "نوفمبر",
                "ديسمبر",
            ],
            days: ["الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"],
            days_short: ["الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"],
            halves: ["ص", "م"],
        },
        point: ".",
        thousands: ",",
        group_from: 4,
        money: Money::After,
    },
    Language {
        code: "id",
        names: Names {
            months: [
                "Januari",
                "Februari",
                "Maret",
                "April",
                "Mei",
                "Juni",
                "Juli",
                "Agustus",
                "September",
                "Oktober",
                "November",
                "Desember",
            ],
            months_short: [
                "Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des",
            ],
            days: ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"],
            days_short: ["Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min"],
            halves: ["AM", "PM"],
        },
        point: ",",
        thousands: ".",
        group_from: 4,
        money: Money::BeforeApart,
    },
    Language {
        code: "de",
        names: Names {
            months: [
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ],
            months_short: [
                "Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.",
                "Nov.", "Dez.",
            ],
            days: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
            days_short: ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
            halves: ["AM", "PM"],
        },
        point: ",",
        thousands: ".",
        group_from: 4,
        money: Money::After,
    },
    Language {
        code: "fr",
        names: Names {
            months: [
                "janvier",
                "février",
                "mars",
                "avril",
                "mai",
                "juin",
                "juillet",
                "août",
                "septembre",
                "octobre",
                "novembre",
                "décembre",
            ],
            months_short: [
                "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.",
                "nov.", "déc.",
            ],
            days: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
            days_short: ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."],
            halves: ["AM", "PM"],
        },
        point: ",",
        thousands: "\u{202f}",
        group_from: 4,
        money: Money::After,
    },
    Language {
        code: "es",
        names: Names {
            months: [
                "enero",
                "febrero",
                "marzo",
                "abril",
                "mayo",
                "junio",
                "julio",
                "agosto",
                "septiembre",
                "octubre",
                "noviembre",
                "diciembre",
            ],
            months_short: [
                "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic",
            ],
            days: ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
            days_short: ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"],
            halves: ["a.\u{a0}m.", "p.\u{a0}m."],
        },
        point: ",",
        thousands: ".",
        group_from: 5,
        money: Money::After,
    },
    Language {
        code: "pt",
        names: Names {
            months: [
                "janeiro",
                "fevereiro",
                "março",
                "abril",
                "maio",
                "junho",
                "julho",
                "agosto",
                "setembro",
                "outubro",
                "novembro",
                "dezembro",
            ],
            months_short: [
                "jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.",
                "nov.", "dez.",
            ],
            days: [
                "segunda-feira",
                "terça-feira",
                "quarta-feira",
                "quinta-feira",
                "sexta-feira",
                "sábado",
                "domingo",
            ],
            days_short: ["seg.", "ter.", "qua.", "qui.", "sex.", "sáb.", "dom."],
            halves: ["AM", "PM"],
        },
        point: ",",
        thousands: ".",
        group_from: 4,
        money: Money::BeforeApart,
    },
    Language {
        code: "it",
        names: Names {
            months: [
                "gennaio",
                "febbraio",
                "marzo",
                "aprile",
                "maggio",
                "giugno",
                "luglio",
                "agosto",
                "settembre",
                "ottobre",
                "novembre",
                "dicembre",
            ],
            months_short: [
                "gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic",
            ],
            days: ["lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"],
            days_short: ["lun", "mar", "mer", "gio", "ven", "sab", "dom"],
            halves: ["AM", "PM"],
        },
        point: ",",
        thousands: ".",
        group_from: 4,
        money: Money::After,
    },
    Language {
        code: "nl",
        names: Names {
            months: [
                "januari",
                "februari",
                "maart",
                "april",
                "mei",
                "juni",
                "juli",
                "augustus",
                "september",
                "oktober",
                "november",
                "december",
            ],
            months_short: [
                "jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec",
            ],
            days: ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"],
            days_short: ["ma", "di", "wo", "do", "vr", "za", "zo"],
            halves: ["a.m.", "p.m."],
        },
        point: ",",
        thousands: ".",
        group_from: 4,
        money: Money::BeforeApart,
    },
    Language {
        code: "ru",
        names: Names {
            months: [
                "января",
                "февраля",
                "марта",
                "апреля",
                "мая",
                "июня",
                "июля",
                "августа",
                "сентября",
                "октября",
                "ноября",
                "декабря",
            ],
            months_short: [
                "янв.",
                "февр.",
                "мар.",
                "апр.",
                "мая",
                "июн.",
                "июл.",
                "авг.",
                "сент.",
                "окт.",
                "нояб.",
                "дек.",
            ],
            days: [
                "понедельник",
                "вторник",
                "среда",
                "четверг",
                "пятница",
                "суббота",
                "воскресенье",
            ],
            days_short: ["пн", "вт", "ср", "чт", "пт", "сб", "вс"],
            halves: ["AM", "PM"],
        },
        point: ",",
        thousands: "\u{a0}",
        group_from: 4,
        money: Money::After,
    },
];

/// Digits after the point that amounts of a currency have (ISO 4217; the rupiah as people write it).
pub(super) fn digits(code: &str) -> usize {
    match code {
        "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "PYG" | "UGX" | "XAF" | "XOF" | "IDR" | "HUF" => 0,
        "KWD" | "BHD" | "OMR" | "JOD" | "TND" | "IQD" | "LYD" => 3,
        _ => 2,
    }
}

/// The symbol of a currency; its code if it has none, or one that would be mistaken in the region.
pub(super) fn symbol<'a>(code: &'a str, region: &str) -> &'a str {
    match code {
        "USD" if matches!(region, "CA" | "AU" | "NZ" | "MX" | "SG" | "HK") => "US$",
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "TRY" => "₺",
        "JPY" => "¥",
        "CNY" => "CN¥",
        "INR" => "₹",
        "IDR" => "Rp",
        "BRL" => "R$",
        "RUB" => "₽",
        "UAH" => "₴",
        "KRW" => "₩",
        "VND" => "₫",
        "ILS" => "₪",
        "NGN" => "₦",
        "PHP" => "₱",
        "THB" => "฿",
        "CAD" if region == "CA" => "$",
        "AUD" if region == "AU" => "$",
        "MXN" if region == "MX" => "$",
        "SGD" if region == "SG" => "$",
        "CAD" => "CA$",
        "AUD" => "A$",
        "MXN" => "MX$",
        "PLN" => "zł",
        "CZK" => "Kč",
        code => code,
    }
}
