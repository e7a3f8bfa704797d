use benchmark::live::alone::*;
fn main() {
    let arg = |n: usize, d: u64| std::env::args().nth(n).map_or(d, |a| a.parse().unwrap());
    let segments = arg(1, 20) as usize;
    let users = arg(2, 100_000) as u32;
    let events = arg(3, 1_000_000);
    let m = measure(&Settings {
        users,
        segments,
        warm: u64::from(users) * 20,
        events,
        frame: 1000,
        per_second: 100_000,
    });
    println!("{m:?}");
}
