//! What is answered to whoever speaks plain HTTP to a port of HTTPS: where to ask, and nothing else.
//!
//! Nothing of what was sent is looked at beyond its first byte, let alone said again.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The first byte of a TLS handshake (RFC 8446, 5.1).
pub(super) const HANDSHAKE: u8 = 0x16;

/// Most bytes that are taken from such a caller before the connection closes, so that it closes without a reset that
/// would take the answer away again.
const TAKEN_BYTES_MAX: usize = 64 * 1024;

/// Answers, and closes.
pub(super) async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let words = words(stream.local_addr()?);
    stream.write_all(words.as_bytes()).await?;
    stream.shutdown().await?;
    let (mut taken, mut piece) = (0, [0; 1024]);
    while taken < TAKEN_BYTES_MAX {
        match stream.read(&mut piece).await? {
            0 => break,
            read => taken += read,
        }
    }
    Ok(())
}

fn words(at: SocketAddr) -> String {
    let at = SocketAddr::new(at.ip().to_canonical(), at.port());
    let hint = format!("this is HTTPS; ask https://{at}\n");
    format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{hint}",
        hint.len()
    )
}
