//! The bytes behind attachments, made in code: a PNG, a WAV and a PDF that every viewer opens.

use std::borrow::Cow;

use super::words::{Attachment, FileKind};

/// The bytes of an attachment: what a client sent, or a small file made from its id.
pub fn bytes(attachment: &Attachment) -> Cow<'_, [u8]> {
    match (&attachment.bytes, attachment.kind) {
        (Some(bytes), _) => Cow::Borrowed(bytes),
        (None, FileKind::Image) => Cow::Owned(png(attachment.id)),
        (None, FileKind::Audio) => Cow::Owned(wav()),
        (None, FileKind::Video) => Cow::Owned(mp4()),
        (None, FileKind::File) => Cow::Owned(pdf(&attachment.name)),
        (None, FileKind::Location | FileKind::Contact) => Cow::Borrowed(&[]),
    }
}

/// Width and height of the pictures that [`bytes`] makes.
pub const PICTURE: (u32, u32) = (64, 48);

/// A colour gradient whose hue follows the number.
fn png(number: u64) -> Vec<u8> {
    let (width, height) = PICTURE;
    let [red, green, blue, ..] = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
    let mut pixels = Vec::new();
    for y in 0..height {
        pixels.push(0); // no filter
        for x in 0..width {
            let light = ((x + y) * 2) as u8;
            pixels.extend([red / 2, green / 2, blue / 2].map(|part| part.saturating_add(light)));
        }
    }
    let mut header = Vec::from(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]); // 8 bits, RGB, the usual compression, filter, no interlace
    let mut file = Vec::from(*b"\x89PNG\r\n\x1a\n");
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &zlib_stored(&pixels));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    file.extend(name);
    file.extend(data);
    file.extend(crc32(name.iter().chain(data)).to_be_bytes());
}

/// A zlib stream of uncompressed blocks.
fn zlib_stored(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = data.chunks(0xFFFF).peekable();
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    stream.extend(((high << 16) | low).to_be_bytes());
    stream
}

fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    !bytes.fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}

/// Half a second of a 440 Hz square wave, 8 bit mono at 8 kHz.
fn wav() -> Vec<u8> {
    const RATE: u32 = 8_000;
    let samples: Vec<u8> =
        (0..RATE / 2).map(|n| if (n * 880 / RATE).is_multiple_of(2) { 96 } else { 160 }).collect();
    let length = samples.len() as u32;
    let mut file = Vec::from(*b"RIFF");
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(1_u16.to_le_bytes()); // PCM
    file.extend(1_u16.to_le_bytes()); // mono
    file.extend(RATE.to_le_bytes());
    file.extend(RATE.to_le_bytes()); // bytes per second
    file.extend(1_u16.to_le_bytes()); // bytes per sample
    file.extend(8_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    file
}

/// The opening box of an MP4 file and nothing else: the right type, nothing to play.
fn mp4() -> Vec<u8> {
    let mut file = Vec::from(20_u32.to_be_bytes());
    file.extend(b"ftypisom\0\0\x02\0isom");
    file
}

/// One A4 page that says its name.
fn pdf(name: &str) -> Vec<u8> {
    let printable: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || " .-_".contains(*c)).collect();
    let page = format!("BT /F1 24 Tf 72 720 Td ({printable}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(file.len());
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let table = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        file.push_str(&format!("{offset:010} 00000 n \n"));
    }
    let size = objects.len() + 1;
    file.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
    file.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_that_png_uses() {
        assert_eq!(crc32(b"123456789".iter()), 0xCBF4_3926);
    }

    #[test]
    fn the_pdf_table_points_at_its_objects() {
        let file = String::from_utf8(pdf("invoice.pdf")).unwrap();
        let table = file.find("xref").unwrap();
        let first: usize = file[table..].lines().nth(3).unwrap()[..10].parse().unwrap();
        assert!(file[first..].starts_with("1 0 obj"));
    }
}
