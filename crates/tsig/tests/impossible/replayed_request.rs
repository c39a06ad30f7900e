use tsig::{Fresh, ReplayGuard, Time, Verified};

fn act_on(_: Fresh<'_>) {}

fn unguarded(request: Verified<'_>) {
    act_on(request);
}

fn admitted_twice(guard: &mut ReplayGuard, request: Verified<'_>, now: Time) {
    let _ = guard.admit(request, now);
    let _ = guard.admit(request, now);
}

fn main() {}
