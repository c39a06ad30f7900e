#!/usr/bin/python3
"""Writes vectors.txt: messages as dnspython signs them, at fixed times. Run by hand; vectors.rs reads what it wrote.

Each line: what it is, algorithm, key, secret, time, messages, all octets in hexadecimal digits; `-` is a stream's message without
signature.
"""
import dns.flags
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig

FUDGE = 300


def question(name, ident):
    message = dns.message.make_query(name, "A", flags=0)
    message.id = ident
    return message


def answer(name, ident, number):
    message = question(name, ident)
    message.flags |= dns.flags.QR | dns.flags.AA
    message.answer.append(dns.rrset.from_text(name, 300, "IN", "A", f"192.0.2.{number}"))
    return message


def rdata(key, ident, error=0, other=b""):
    return dns.rdtypes.ANY.TSIG.TSIG(
        dns.rdataclass.ANY, dns.rdatatype.TSIG, key.algorithm, 0, FUDGE, b"", ident, error, other
    )


def signed(message, key, time, request_mac=b"", ctx=None, multi=False, error=0, other=b""):
    wire = message.to_wire()
    tsig, ctx = dns.tsig.sign(wire, key, rdata(key, message.id, error, other), time, request_mac, ctx, multi)
    record = tsig.to_wire()
    owner = key.name.canonicalize().to_wire()
    head = owner + b"\0\xfa\0\xff\0\0\0\0" + len(record).to_bytes(2, "big")
    count = int.from_bytes(wire[10:12], "big") + 1
    return wire[:10] + count.to_bytes(2, "big") + wire[12:] + head + record, tsig.mac, ctx


def line(kind, key, time, messages):
    algorithm = key.algorithm.to_text(True).removeprefix("hmac-").upper()
    name = key.name.to_text()
    print(kind, algorithm, name, key.secret.hex(), time, *messages)


def exchange(key, name, ident, time):
    request, mac, _ = signed(question(name, ident), key, time)
    line("request", key, time, [request.hex()])
    reply, _, _ = signed(answer(name, ident, 1), key, time + 1, mac)
    line("answer", key, time + 1, [request.hex(), reply.hex()])
    late = signed(answer(name, ident, 9), key, time, mac, error=18, other=(time + 999).to_bytes(6, "big"))[0]
    line("late", key, time, [request.hex(), late.hex()])
    stream(key, name, ident, time, request, mac)


def stream(key, name, ident, time, request, mac):
    first, _, ctx = signed(answer(name, ident, 0), key, time, mac, multi=True)
    messages = [first.hex()]
    for number in range(1, 7):
        message = answer(name, ident, number)
        if number in (2, 3, 5):
            wire = message.to_wire()
            ctx.update(wire)
            messages.append(wire.hex())
        else:
            wire, _, ctx = signed(message, key, time, mac, ctx, True)
            messages.append(wire.hex())
    line("stream", key, time, [request.hex(), *messages])


def main():
    algorithms = ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"]
    secrets = [bytes(range(16)), b"\xff", bytes(range(200))]
    print("# Written by vectors.py with dnspython.")
    for at, algorithm in enumerate(algorithms):
        for secret in secrets:
            key = dns.tsig.Key("Vector._Update.example.org.", secret, algorithm)
            exchange(key, "www.example.org.", 0x1234 + at, 1_700_000_000 + at)


main()
