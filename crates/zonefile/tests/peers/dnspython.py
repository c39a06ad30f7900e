"""Reads each zone file named on the command line; prints its records, or REFUSED, and a line END."""
import os, sys
import dns.zone, dns.rdatatype
for path in sys.argv[1:]:
    folder, name = os.path.split(path)
    os.chdir(folder)
    try:
        zone = dns.zone.from_file(name, "example.org.", relativize=False, check_origin=False, allow_include=True)
        for owner, ttl, rdata in zone.iterate_rdatas():
            kind = dns.rdatatype.to_text(rdata.rdtype)
            print(owner.to_text(), ttl, "IN", kind, rdata.to_generic().to_text())
    except Exception as error:
        print("REFUSED", type(error).__name__, str(error).replace("\n", " "))
    print("END")
