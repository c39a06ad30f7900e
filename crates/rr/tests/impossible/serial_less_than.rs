use rr::Serial;

fn main() {
    let _ = Serial(1) < Serial(2);
}
