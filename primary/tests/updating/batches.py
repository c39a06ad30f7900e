"""Updates as programs make them, such as external-dns: batches.py PORT KEY SECRET. A line for each: what, response code, EDNS options."""
import sys

import dns.edns
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update

port, name, secret = sys.argv[1:]
keyring = dns.tsigkeyring.from_text({name: ("hmac-sha256", secret)})
COOKIE = dns.edns.GenericOption(10, bytes(range(8)))
PADDING = dns.edns.GenericOption(12, bytes(100))
OWNER = '"heritage=external-dns,external-dns/owner=default,external-dns/resource=ingress/default/web"'


def message(zone):
    return dns.update.UpdateMessage(zone, keyring=keyring)


def send(what, update, way=dns.query.tcp):
    answer = way(update, "127.0.0.1", port=int(port), timeout=30)
    options = [int(option.otype) for option in answer.options]
    print(what, dns.rcode.to_text(answer.rcode()), *options)


def endpoints(count):
    return [f"web-{number}" for number in range(count)]


def batch(count, old=None, new=None):
    update = message("a.example")
    for host in endpoints(count):
        if old:
            update.delete(host, "A", old)
            update.delete(f"a-{host}", "TXT", OWNER)
        if new:
            update.add(host, 300, "A", new)
            update.add(f"a-{host}", 300, "TXT", OWNER)
    return update


# 50 changes in a message are external-dns' own limit, and UDP its own way; others have none, and need TCP.
for count, way in [(25, dns.query.udp), (150, dns.query.tcp)]:
    send("create", batch(count, new="192.0.2.10"), way)
    send("replace", batch(count, old="192.0.2.10", new="192.0.2.20"), way)
    send("remove", batch(count, old="192.0.2.20"), way)

for zone in ["a.example", "b.example", "sub.a.example"]:
    update = message(zone)
    update.add("here", 300, "A", "192.0.2.30")
    send("one-key", update)

mixed = message("a.example")
mixed.add("beside", 300, "A", "192.0.2.30")
# An address could be glue of the zone above; a text could not.
mixed.add("beside.sub", 300, "TXT", "x")
send("mixed", mixed)

for way in [dns.query.udp, dns.query.tcp]:
    padded = message("a.example")
    padded.add(way.__name__, 300, "A", "192.0.2.40")
    padded.use_edns(0, payload=1232, options=[COOKIE, PADDING])
    send("padded", padded, way)
