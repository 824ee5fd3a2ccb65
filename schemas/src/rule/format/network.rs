//! Networks of IPv4 addresses.

use std::net::Ipv4Addr;

use super::{fault, pattern};
use crate::plan::Expr;
use crate::problem::{Pointer, Problem};
use crate::rule::values::any;

/// Whether the address of a text, whatever stands behind a slash, lies in one of the networks; `None` where
/// there are none.
///
/// # Errors
/// One of them is no network, seen from the parameters.
pub(super) fn within(value: &Expr, networks: &[String]) -> Result<Option<Expr>, Vec<Problem>> {
    let mut tests = Vec::new();
    for (index, network) in networks.iter().enumerate() {
        let Some((address, length)) = read(network) else {
            let message = format!("`{network}` is no network such as `10.0.0.0/8`");
            let place = Pointer::from("networks").index(index);
            let seen = fault("networks", message).into_iter();
            return Err(seen
                .map(|problem| Problem { pointer: place.clone(), ..problem })
                .collect());
        };
        tests.push(pattern::matches(value, form(address, length)));
    }
    Ok((!tests.is_empty()).then(|| any(tests)))
}

fn read(network: &str) -> Option<(Ipv4Addr, u32)> {
    let (address, length) = network.split_once('/')?;
    let length: u32 = length.parse().ok().filter(|length| *length <= 32)?;
    Some((address.parse().ok()?, length))
}

/// The addresses of a network as a pattern: a byte is fixed, free, or one of a few.
fn form(address: Ipv4Addr, length: u32) -> String {
    let bytes = address.octets().into_iter().enumerate().map(|(index, byte)| {
        let bits = length.saturating_sub(8 * index as u32).min(8);
        let free = 0xFF_u8.checked_shr(bits).unwrap_or(0);
        let (first, last) = (byte & !free, byte | free);
        match (first, last) {
            (0, 255) => "[0-9]{1,3}".to_owned(),
            _ => format!(
                "(?:{})",
                (first..=last).map(|byte| byte.to_string()).collect::<Vec<_>>().join("|")
            ),
        }
    });
    format!("{}(?:/[0-9]+)?", bytes.collect::<Vec<_>>().join(r"\."))
}
