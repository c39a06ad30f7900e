"""Has a zone transferred and says how many messages dnspython believed, chained or each for itself:
transfer.py PORT KEY SECRET chained|alone"""
import socket
import sys

import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring

port, name, secret, dialect = sys.argv[1:]
chained = dialect == "chained"
keyring = dns.tsigkeyring.from_text({name: ("hmac-sha256", secret)})
request = dns.message.make_query("example.org", "AXFR")
request.use_tsig(keyring)

with socket.create_connection(("127.0.0.1", int(port)), 20) as connection:
    connection.settimeout(20)
    stream = connection.makefile("rb")
    wire = request.to_wire()
    connection.sendall(len(wire).to_bytes(2, "big") + wire)
    context, soas, count, signed = None, 0, 0, False
    try:
        while soas < 2:
            wire = stream.read(int.from_bytes(stream.read(2), "big"))
            answer = dns.message.from_wire(
                wire, keyring=request.keyring, request_mac=request.mac, multi=chained, tsig_ctx=context, one_rr_per_rrset=True
            )
            context, signed = answer.tsig_ctx if chained else None, answer.had_tsig
            soas += sum(rrset.rdtype == dns.rdatatype.SOA for rrset in answer.answer)
            count += 1
        print("believed" if signed else "unsigned", count)
    except dns.tsig.BadSignature:
        print("BadSignature")
