//! Texts that try to break a terminal, a layout or a parser. Every one has been seen in the
//! wild, in a support inbox or in an attack on somebody else's client.

use super::dice::Dice;
use super::words::Customer;

/// A customer's name that carries terminal escapes, bidi overrides or invisible characters.
pub fn name(plain: &str, dice: &mut Dice) -> String {
    match dice.below(7) {
        // Colour, and a cursor jump that would overwrite the row above.
        0 => format!("\u{1b}[31m{plain}\u{1b}[1A\u{1b}[2K"),
        // The window title.
        1 => format!("{plain}\u{1b}]0;owned\u{7}"),
        // Right-to-left override: the rest of the row would be mirrored.
        2 => format!("{plain} \u{202e}gpj.exe"),
        // A link whose target is not what it shows.
        3 => format!("\u{1b}]8;;https://evil.example/\u{1b}\\{plain}\u{1b}]8;;\u{1b}\\"),
        // 8-bit CSI, zero-width space, byte-order mark.
        4 => format!("\u{9b}7m{plain}\u{200b}\u{feff}\u{9b}0m"),
        // Tag characters: invisible text behind a flag.
        5 => format!("{plain} \u{e0068}\u{e0065}\u{e006c}\u{e0070}\u{e007f}"),
        // An isolate that is never closed, and a name that is nothing else than white space.
        _ => format!("\u{2067}{plain}\t\r\n \u{0}").replace('\0', ""),
    }
}

/// A subject with the same.
pub fn subject(plain: &str, dice: &mut Dice) -> String {
    match dice.below(3) {
        0 => format!("{plain}\u{1b}[2J\u{1b}[H"),
        1 => format!("\u{1b}]0;{plain}\u{1b}\\ \u{202d}"),
        _ => format!("{plain}\u{85}\u{2028}{plain}"),
    }
}

/// Messages, one for each kind of sequence that a terminal understands.
pub const MESSAGES: &[&str] = &[
    "My terminal shows this in red: \u{1b}[1;31mERROR\u{1b}[0m and this \u{1b}[5mblinks\u{1b}[25m.",
    "Copy for me please: \u{1b}]52;c;cm0gLXJmIC8K\u{7} – did it work?",
    "\u{1b}P1$r0m\u{1b}\\This came from your shop’s log file. \u{1b}_APC\u{1b}\\ \u{1b}^PM\u{1b}\\ \
     \u{1b}XSOS\u{1b}\\",
    "A lone escape \u{1b} and one at the very end: \u{1b}",
    "Unfinished: \u{1b}]0;this title never ends\nbut the next line is ordinary text.",
    "C1 by itself: \u{9b}31m \u{9d}0;title\u{9c} \u{90}q\u{9c} \u{85}next line?",
    "Alternate screen \u{1b}[?1049h, no cursor \u{1b}[?25l, mouse \u{1b}[?1003h, reset \u{1b}c.",
    "The invoice is called “invoice\u{202e}fdp.exe”, is that right?\u{202c}",
    "Invisible: a\u{200b}b\u{200c}c\u{2060}d\u{feff}e\u{ad}f \u{e0041}\u{e0042}\u{e007f} end",
    "Overwriting: 100 €\r  1 €\u{8}\u{8}\u{8}0 €\u{7}\u{7}",
    "Isolates \u{2066}left\u{2069} \u{2067}right\u{2069} \u{2068}first",
];

/// Emoji and combining marks whose width terminals disagree about.
pub const EMOJI: &[&str] = &[
    "The whole family rides now: 👨‍👩‍👧‍👦 👩‍❤️‍💋‍👨 👩🏾‍🚒 🏳️‍🌈 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🇩🇪🇬🇷🇯🇵",
    "1️⃣ order  2️⃣ wait  3️⃣ ride 🚴🏽‍♀️💨 ❤️ ☎️ ✈︎ ⌚️",
    "Z̷̧̛̬͙a̴̮͝l̶̤̈́g̵̲̈o̷̱͠ says: it squeaks 🙉  and é = e\u{301}, Å = A\u{30a}, ก็ ส้ม, 각 = 각",
    "𝓕𝓪𝓷𝓬𝔂 ｆｕｌｌｗｉｄｔｈ ﷽ ⸻ ௵ 𒐫",
];

/// Words and addresses longer than any pane.
pub const LONG: &[&str] = &[
    "Es geht um die Rinderkennzeichnungsfleischetikettierungsüberwachungsaufgabenübertragungsgesetz\
     konforme Verpackung. Und um die \
     Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft.",
    "https://shop.halmbach.example/checkout/complete?session=4f1e9b7c2d8a4f1e9b7c2d8a4f1e9b7c2d8a4f1e9b7c2d8a4f1e9b7c2d8a4f1e9b7c2d8a&utm_source=newsletter&utm_medium=email&utm_campaign=spring-sale-2026-e-bikes-and-accessories&return=https%3A%2F%2Fshop.halmbach.example%2Fbikes%2Fcity%2Fhalmbach-seewind-9",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAARGH",
];

/// A mail as mail programs make it: style sheet, table, quote below a line, signature, a remote
/// picture that counts readers, and a script that must not survive.
pub fn html_mail(customer: &Customer, text: &str, quoted: &str, order: &str) -> String {
    let name = escape(&customer.name);
    let text = escape(text).replace("\n\n", "</p><p>").replace('\n', "<br>");
    let quoted = escape(quoted).replace('\n', "<br>");
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><style>p {{ margin: 0 0 1em }} \
         .amount {{ text-align: right }}</style></head><body \
         style=\"font-family:Calibri,sans-serif\"><script>alert('not mail')</script>\
         <p>{text}</p>\
         <table border=\"1\"><thead><tr><th>Pos.</th><th>Artikel</th><th class=\"amount\">Betrag\
         </th></tr></thead><tbody>\
         <tr><td>1</td><td>Halmbach Seewind 9, Rahmen M</td><td class=\"amount\">2.899,00&nbsp;€\
         </td></tr>\
         <tr><td>2</td><td>Schloss &amp; Halter</td><td class=\"amount\">79,90&nbsp;€</td></tr>\
         <tr><td colspan=\"2\"><b>Summe</b></td><td class=\"amount\"><b>2.978,90&nbsp;€</b></td>\
         </tr></tbody></table>\
         <ul><li>Bestellung <a href=\"https://shop.halmbach.example/orders/{order}\">{order}</a>\
         </li><li>Lieferung an: {address}</li></ul>\
         <p>--&nbsp;<br><b>{name}</b><br><i>{city}</i></p>\
         <img src=\"https://tracker.example/open.gif?id={order}\" width=\"1\" height=\"1\" alt=\"\">\
         <div style=\"display:none\">Preheader that nobody should see</div>\
         <hr><p>Am letzten Dienstag schrieb Halmbach:</p>\
         <blockquote type=\"cite\" style=\"border-left:2px solid #ccc\">{quoted}\
         <blockquote>&gt; Und noch eine Ebene tiefer.</blockquote></blockquote></body></html>",
        address = escape(&customer.address),
        city = escape(&customer.city),
    )
}

/// Text as HTML source.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
