//! The company behind the desk: Halmbach, which builds bicycles and e-bikes, runs shops, and
//! sells green electricity to charge them with. The web shop's support works in Chatwoot, the
//! energy contracts in enneo, the service number (WhatsApp and the web widget) in voicebot chat,
//! and the shops' local messages arrive through Partoo.

use super::words::{Channel, ColleagueNo, TeamNo};
use crate::model::Vendor;

/// Name of the company.
pub const NAME: &str = "Halmbach";

/// The agent who signs in: colleague number 1.
pub const ME: ColleagueNo = 1;

/// Somebody who works there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Colleague {
    /// 1 ..= 9; the id in vendors that count.
    pub no: ColleagueNo,
    /// First name.
    pub first: &'static str,
    /// Last name.
    pub last: &'static str,
    /// E-mail address.
    pub email: &'static str,
    /// Whether they administrate.
    pub admin: bool,
    /// `online`, `busy` or `offline`.
    pub presence: &'static str,
}

impl Colleague {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }
}

const fn colleague(
    no: ColleagueNo,
    first: &'static str,
    last: &'static str,
    email: &'static str,
    presence: &'static str,
) -> Colleague {
    Colleague { no, first, last, email, admin: no == 2, presence }
}

/// Everybody, by number.
pub const COLLEAGUES: [Colleague; 9] = [
    colleague(1, "Mira", "Sandvoss", "mira.sandvoss@halmbach.example", "online"),
    colleague(2, "Jonas", "Achterberg", "jonas.achterberg@halmbach.example", "online"),
    colleague(3, "Aylin", "Demirtaş", "aylin.demirtas@halmbach.example", "online"),
    colleague(4, "Tomás", "Iriarte", "tomas.iriarte@halmbach.example", "busy"),
    colleague(5, "Chloé", "Vasseur", "chloe.vasseur@halmbach.example", "online"),
    colleague(6, "Kenji", "Morikawa", "kenji.morikawa@halmbach.example", "offline"),
    colleague(7, "Noa", "Ben-Ami", "noa.benami@halmbach.example", "online"),
    colleague(8, "Priya", "Raghunathan", "priya.raghunathan@halmbach.example", "busy"),
    colleague(9, "Eleni", "Papadaki", "eleni.papadaki@halmbach.example", "offline"),
];

/// A colleague by number.
pub fn colleague_by(no: ColleagueNo) -> Option<&'static Colleague> {
    COLLEAGUES.iter().find(|colleague| colleague.no == no)
}

/// A colleague's name; the empty word for a number that nobody has.
pub fn name_of(no: ColleagueNo) -> String {
    colleague_by(no).map(Colleague::name).unwrap_or_default()
}

/// A group of colleagues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Team {
    /// 1 ..= 3.
    pub no: TeamNo,
    /// Name; lower case, as Chatwoot stores it.
    pub name: &'static str,
    /// What it does.
    pub purpose: &'static str,
    /// Who is in it.
    pub members: &'static [ColleagueNo],
    /// Whether giving it a conversation also picks one of its members.
    pub assigns: bool,
}

/// All teams, by number.
pub const TEAMS: [Team; 3] = [
    Team {
        no: 1,
        name: "orders",
        purpose: "Orders, deliveries and returns",
        members: &[1, 2, 4, 5],
        assigns: false,
    },
    Team {
        no: 2,
        name: "workshop",
        purpose: "Spare parts, repairs and warranty",
        members: &[3, 6, 7],
        assigns: true,
    },
    Team {
        no: 3,
        name: "energy",
        purpose: "Electricity contracts, meters and invoices",
        members: &[1, 8, 9],
        assigns: false,
    },
];

/// A team by number.
pub fn team_by(no: TeamNo) -> Option<&'static Team> {
    TEAMS.iter().find(|team| team.no == no)
}

/// A label (enneo: tag).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label {
    /// Id in vendors that have one.
    pub id: u32,
    /// Title.
    pub title: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// `#rrggbb`.
    pub color: &'static str,
    /// Colour word, for enneo.
    pub color_word: &'static str,
}

impl Label {
    /// Its bit in [`super::Brief::labels`].
    pub fn bit(&self) -> u16 {
        1_u16.checked_shl(self.id - 1).unwrap_or(0)
    }
}

const fn label(
    id: u32,
    title: &'static str,
    meaning: &'static str,
    color: &'static str,
    color_word: &'static str,
) -> Label {
    Label { id, title, meaning, color, color_word }
}

/// All defined labels, by id.
pub const LABELS: [Label; 9] = [
    label(1, "invoice", "Questions about an invoice", "#1f93ff", "blue"),
    label(2, "delivery", "Where is my parcel", "#10b981", "green"),
    label(3, "warranty", "Claims within two years", "#f59e0b", "orange"),
    label(4, "vip", "Dealers and fleets", "#8b5cf6", "purple"),
    label(5, "spare-part", "A part is broken or missing", "#64748b", "grey"),
    label(6, "meter", "Meter readings", "#14b8a6", "teal"),
    label(7, "move", "A change of address", "#eab308", "yellow"),
    label(8, "churn-risk", "Wants to leave", "#ef4444", "red"),
    label(9, "λάθος-χρέωση", "Charged wrongly (Greek shops)", "#22c55e", "green"),
];

/// The bits of those titles that are defined.
pub fn label_bits(titles: &[String]) -> u16 {
    let known = LABELS.iter().filter(|label| titles.iter().any(|title| title == label.title));
    known.fold(0, |bits, label| bits | label.bit())
}

/// The titles behind the bits.
pub fn label_titles(bits: u16) -> Vec<String> {
    let set = LABELS.iter().filter(|label| bits & label.bit() != 0);
    set.map(|label| label.title.to_owned()).collect()
}

/// What receives conversations: a Chatwoot inbox, an enneo subchannel, a voicebot agent (the
/// business's number), a Partoo business (a shop on one messenger).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Inbox {
    /// Id, unique within the vendor.
    pub id: u32,
    /// Name.
    pub name: &'static str,
    /// Where customers write from.
    pub channel: Channel,
    /// Its own address, number or handle.
    pub address: &'static str,
    /// City, for shops.
    pub city: &'static str,
    /// How many of a hundred conversations it receives.
    pub share: u64,
}

const fn inbox(
    id: u32,
    name: &'static str,
    channel: Channel,
    address: &'static str,
    city: &'static str,
    share: u64,
) -> Inbox {
    Inbox { id, name, channel, address, city, share }
}

const CHATWOOT: [Inbox; 6] = [
    inbox(1, "Shop Chat", Channel::Widget, "https://shop.halmbach.example", "Lindau", 30),
    inbox(2, "Support Mail", Channel::Email, "support@halmbach.example", "Lindau", 30),
    inbox(3, "WhatsApp Shop", Channel::WhatsApp, "+4983827701120", "Lindau", 15),
    inbox(4, "Facebook", Channel::Facebook, "Halmbach Räder", "Lindau", 10),
    inbox(5, "Dealer API", Channel::Api, "dealer-portal", "Lindau", 10),
    inbox(6, "Telegram", Channel::Telegram, "@halmbach_support", "Lindau", 5),
];

const ENNEO: [Inbox; 5] = [
    inbox(11, "strom@halmbach.example", Channel::Email, "strom@halmbach.example", "Lindau", 55),
    inbox(12, "Customer portal", Channel::Portal, "portal.halmbach.example", "Lindau", 15),
    inbox(13, "Hotline", Channel::Phone, "+4983827701200", "Lindau", 12),
    inbox(14, "Post room", Channel::Letter, "Uferweg 3, 88131 Lindau", "Lindau", 8),
    inbox(15, "Tariff chat", Channel::Widget, "https://strom.halmbach.example", "Lindau", 10),
];

const VOICEBOT: [Inbox; 3] = [
    inbox(21, "Halmbach Service", Channel::WhatsApp, "4983827701300", "Lindau", 60),
    inbox(22, "Web widget", Channel::Widget, "7701", "Lindau", 25),
    inbox(23, "Dealer bridge", Channel::Api, "7702", "Lindau", 15),
];

const PARTOO: [Inbox; 7] = [
    inbox(31, "Halmbach Lindau", Channel::Google, "Uferweg 3", "Lindau", 20),
    inbox(32, "Halmbach Leipzig", Channel::Facebook, "Karl-Heine-Straße 61", "Leipzig", 15),
    inbox(33, "Halmbach Lyon", Channel::Instagram, "12 quai Augagneur", "Lyon", 15),
    inbox(34, "Halmbach Bilbao", Channel::WhatsApp, "Calle Ledesma 18", "Bilbao", 15),
    inbox(35, "Halmbach Θεσσαλονίκη", Channel::Facebook, "Τσιμισκή 48", "Θεσσαλονίκη", 12),
    inbox(36, "Halmbach Haifa", Channel::WhatsApp, "שדרות הנשיא 112", "Haifa", 12),
    inbox(37, "Halmbach Bristol", Channel::Sms, "27 Gloucester Road", "Bristol", 11),
];

/// What receives conversations at a vendor.
pub fn inboxes(vendor: Vendor) -> &'static [Inbox] {
    match vendor {
        Vendor::Chatwoot => &CHATWOOT,
        Vendor::Enneo => &ENNEO,
        Vendor::Voicebot => &VOICEBOT,
        Vendor::Partoo => &PARTOO,
    }
}

/// An inbox of a vendor by id.
pub fn inbox_by(vendor: Vendor, id: u32) -> Option<&'static Inbox> {
    inboxes(vendor).iter().find(|inbox| inbox.id == id)
}

/// A canned reply as the world begins: short code, title, text.
pub const CANNED: [(&str, &str, &str); 8] = [
    (
        "hello",
        "Greeting",
        "Hello {{contact.first_name}},\n\nthank you for your message. I am looking into it now.",
    ),
    (
        "tracking",
        "Tracking number",
        "Your parcel is on its way. You find it here: https://track.halmbach.example/",
    ),
    (
        "return",
        "Return label",
        "Of course you can send it back. The return label is attached; any parcel shop takes it.",
    ),
    (
        "photo",
        "Ask for a photo",
        "Could you send us a photo of the part, with the number printed on it?",
    ),
    (
        "meter",
        "Ask for the reading",
        "Please send us the reading with all digits before the comma, and the day on which you \
         took it.",
    ),
    ("gruss", "Grußformel", "Viele Grüße aus Lindau\n{{agent.name}}\nHalmbach"),
    (
        "werkstatt",
        "Werkstatttermin",
        "Wir haben am Dienstag um 9:30 Uhr oder am Donnerstag um 16 Uhr einen Platz in der \
         Werkstatt. Was passt Ihnen besser?",
    ),
    ("bye", "Goodbye", "Glad that it works again! 🚲 Have a good ride."),
];
