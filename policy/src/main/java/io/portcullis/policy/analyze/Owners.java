package io.portcullis.policy.analyze;

import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.IpRanges;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;

/** Which vNIC has which address. */
final class Owners {
    private record Owned(long atom, int vnic) {}

    /** By address. */
    private final List<Owned> owned = new ArrayList<>();
    /** Addresses by vNIC. */
    private final List<NumberSet> addresses = new ArrayList<>();

    private final NumberSet undeclared;

    Owners(List<Vnic> vnics, AddressAtoms atoms) {
        List<Long> anyAddress = new ArrayList<>();
        for (int number = 0; number < vnics.size(); number++) {
            Vnic vnic = vnics.get(number);
            List<NumberSet> own = new ArrayList<>();
            for (InetAddress address : vnic.allAddresses()) {
                NumberSet atom = atoms.atoms(List.of(IpRanges.single(address)));
                own.add(atom);
                owned.add(new Owned(atom.least(), number));
            }
            addresses.add(NumberSet.union(own));
            if (vnic.protection().mayUseUndeclared()) {
                anyAddress.add((long) number);
            }
        }
        owned.sort(Comparator.comparingLong(Owned::atom));
        undeclared = NumberSet.of(anyAddress.stream().mapToLong(Long::longValue));
    }

    /** Declared addresses. */
    NumberSet addressesOf(int vnic) {
        return addresses.get(vnic);
    }

    /** Those that may use addresses that are not declared. */
    NumberSet undeclared() {
        return undeclared;
    }

    /** A vNIC of the scope that has one of the addresses. */
    OptionalInt find(NumberSet scope, NumberSet wanted) {
        long inScope = scope.count();
        if (inScope < owned.size()) {
            for (int i = 0; i < scope.intervals(); i++) {
                for (long vnic = scope.first(i); vnic <= scope.last(i) && vnic < addresses.size(); vnic++) {
                    if (addresses.get((int) vnic).intersects(wanted)) {
                        return OptionalInt.of((int) vnic);
                    }
                }
            }
            return OptionalInt.empty();
        }
        for (int i = 0; i < wanted.intervals(); i++) {
            for (int at = firstFrom(wanted.first(i));
                    at < owned.size() && owned.get(at).atom() <= wanted.last(i);
                    at++) {
                if (scope.contains(owned.get(at).vnic())) {
                    return OptionalInt.of(owned.get(at).vnic());
                }
            }
        }
        return OptionalInt.empty();
    }

    private int firstFrom(long atom) {
        int from = 0;
        int to = owned.size();
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (owned.get(middle).atom() < atom) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }
}
