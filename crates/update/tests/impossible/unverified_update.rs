use tsig::Verified;
use update::{Message, Planned, Refusal, Scene, Update, plan};

fn unsigned(message: &Message, scene: &Scene<'_, ()>) -> Result<Planned, Refusal> {
    plan(message, scene)
}

fn perhaps_replayed(request: &Verified<'_>) -> Result<Update, Refusal> {
    Update::read(request)
}

fn made_up(message: Message) -> Update {
    Update { message }
}

fn main() {}
