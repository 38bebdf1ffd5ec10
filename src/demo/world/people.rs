//! The customers: who they are follows from a number and a language.

use super::brief::Shelf;
use super::odd;
use super::words::{Customer, Language, Oddity};

/// First names, last names, and cities with a street each.
struct Names {
    first: &'static [&'static str],
    last: &'static [&'static str],
    places: &'static [(&'static str, &'static str)],
    dial: &'static str,
}

const DE: Names = Names {
    first: &["Jörg", "Anneliese", "Ümit", "Katharina", "Maximilian", "Zoë", "Bernd", "Lieselotte"],
    last: &[
        "Müller-Lüdenscheidt",
        "Krüger",
        "Weiß",
        "Öztürk",
        "Brandstätter",
        "Hofreiter",
        "Groß",
        "Donaudampf",
    ],
    places: &[
        ("Freiburg", "Lehener Straße 14, 79106"),
        ("Leipzig", "Zschochersche Str. 8, 04229"),
        ("Köln", "Venloer Str. 301, 50823"),
        ("Lindau", "Zeppelinstr. 5, 88131"),
    ],
    dial: "+49151",
};
const EN: Names = Names {
    first: &["Siobhan", "Oluwaseun", "Harriet", "Callum", "Priyanka", "Dylan", "Maeve", "Theo"],
    last: &["O’Connor", "Adeyemi", "Whitcombe", "MacAllister", "Banerjee", "Pryce", "Lee", "Hart"],
    places: &[("Bristol", "9 Stokes Croft, BS1 3PL"), ("Cork", "21 Oliver Plunkett St, T12 X8N6")],
    dial: "+447700",
};
const ES: Names = Names {
    first: &["Íñigo", "María José", "Begoña", "Andrés", "Lucía", "Ramón"],
    last: &["Núñez", "Etxeberria", "García Ibáñez", "Peña", "Ortuño", "Zubiri"],
    places: &[("Bilbao", "Calle Ledesma 4, 48001"), ("Zaragoza", "Paseo Sagasta 60, 50006")],
    dial: "+34612",
};
const FR: Names = Names {
    first: &["Éloïse", "Jean-Baptiste", "Anaïs", "Gaël", "Maëlys", "Théodore"],
    last: &["Lefèvre", "d’Aubigné", "Béranger", "Nguyen", "Çelik", "Roussel"],
    places: &[("Lyon", "3 rue Mercière, 69002"), ("Strasbourg", "18 quai des Bateliers, 67000")],
    dial: "+33612",
};
const JA: Names = Names {
    first: &["陽子", "健太", "美咲", "大輔", "さくら"],
    last: &["佐藤", "渡辺", "小林", "長谷川", "ヴァイス"],
    places: &[("横浜市", "中区山下町 12-3, 231-0023"), ("京都市", "下京区四条通 5, 600-8001")],
    dial: "+8190",
};
const AR: Names = Names {
    first: &["ليلى", "عبد الرحمن", "فاطمة", "يوسف", "نور"],
    last: &["الحسيني", "خوري", "بن سالم", "المصري", "حدّاد"],
    places: &[("عمّان", "شارع الرينبو 17"), ("برلين", "Sonnenallee 96, 12045")],
    dial: "+96279",
};
const HE: Names = Names {
    first: &["נועה", "איתי", "תמר", "יונתן", "שירה"],
    last: &["כהן", "בן־דוד", "לוי", "פרידמן", "אברהמי"],
    places: &[("חיפה", "שדרות מוריה 44"), ("תל אביב", "רחוב דיזנגוף 120")],
    dial: "+97252",
};
const HI: Names = Names {
    first: &["आरती", "विक्रम", "सुनीता", "अर्जुन", "ज्योति"],
    last: &["शर्मा", "श्रीवास्तव", "पटेल", "मिश्रा", "कुलकर्णी"],
    places: &[("पुणे", "फर्ग्यूसन रोड 21, 411004"), ("दिल्ली", "कनॉट प्लेस 8, 110001")],
    dial: "+9198",
};
const EL: Names = Names {
    first: &["Ελένη", "Γιώργος", "Αθανασία", "Νίκος", "Δήμητρα"],
    last: &["Παπαδοπούλου", "Καραγιάννης", "Οικονόμου", "Αλεξίου", "Ψαρράς"],
    places: &[("Θεσσαλονίκη", "Αγίου Δημητρίου 81, 546 33"), ("Αθήνα", "Ερμού 40, 105 63")],
    dial: "+30694",
};

fn names(language: Language) -> &'static Names {
    match language {
        Language::De => &DE,
        Language::En => &EN,
        Language::Es => &ES,
        Language::Fr => &FR,
        Language::Ja => &JA,
        Language::Ar => &AR,
        Language::He => &HE,
        Language::Hi => &HI,
        Language::El => &EL,
    }
}

impl Shelf {
    /// Whose conversation it is: mostly the customer with the same number, sometimes the one
    /// before, who has come back.
    pub fn customer_of(&self, number: u32) -> u32 {
        let returns = |number: u32| self.dice(4, number).percent(15);
        if number > 1 && returns(number) && !returns(number - 1) { number - 1 } else { number }
    }

    /// The customer of a conversation. A returning customer keeps the first conversation's
    /// language and name.
    pub fn customer(&self, number: u32) -> Customer {
        let id = self.customer_of(number);
        let brief = self.brief(id);
        let language = brief.map_or(Language::En, |brief| brief.language);
        let oddity = brief.map_or(Oddity::None, |brief| brief.oddity);
        customer(self.seed, self.vendor as u64, id, language, oddity)
    }
}

/// A customer by number.
pub fn customer(seed: u64, vendor: u64, id: u32, language: Language, oddity: Oddity) -> Customer {
    let mut dice = super::dice::Dice::at(seed, &[5, vendor, u64::from(id)]);
    let names = names(language);
    let first = dice.word(names.first);
    let last = dice.word(names.last);
    let (city, street) = dice.pick(names.places).copied().unwrap_or_default();
    let plain = match language {
        Language::Ja => format!("{last} {first}"),
        _ => format!("{first} {last}"),
    };
    let name = match (oddity, dice.below(100)) {
        (Oddity::HostileName, _) => odd::name(&plain, &mut dice),
        (Oddity::Emoji, _) => format!("{plain} 👩🏽‍🔧🚲"),
        (_, 0) => String::new(),
        (_, 1..=3) => first.to_lowercase(),
        _ => plain,
    };
    Customer {
        id,
        name,
        first: first.to_owned(),
        last: last.to_owned(),
        email: format!("customer{id}@{}.example", dice.word(&["mail", "post", "inbox"])),
        phone: format!("{}{:07}", names.dial, dice.below(10_000_000)),
        address: format!("{street} {city}"),
        city: city.to_owned(),
        contract: format!("HS-{:07}", 1_000_000 + dice.below(9_000_000)),
        language,
    }
}
