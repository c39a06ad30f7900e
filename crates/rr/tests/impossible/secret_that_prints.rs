use rr::Secret;

fn main() {
    let secret = Secret::new(*b"0123456789abcdef");
    println!("{secret}");
    println!("{secret:?}");
}
