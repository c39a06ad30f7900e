use tsig::Verified;
use update::{Message, Plan, Refusal, Scene, Update, plan};

fn unsigned(message: &Message, scene: &Scene<'_, ()>) -> Result<Plan, Refusal> {
    plan(message, scene)
}

fn perhaps_replayed(request: &Verified<'_>) -> Result<Update, Refusal> {
    Update::read(request)
}

fn made_up(message: Message) -> Update {
    Update { message }
}

fn main() {}
