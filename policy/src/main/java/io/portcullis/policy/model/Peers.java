package io.portcullis.policy.model;

import java.util.ArrayList;
import java.util.List;

/**
 * One side of a rule: anyone, or the union of groups and literal addresses; negated, everyone else.
 *
 * @param any everyone; then without groups, addresses and negation
 * @param groups names of groups of the tenant
 */
public record Peers(boolean any, List<String> groups, List<AddressLiteral> addresses, boolean negated) {
    public static final Peers ANY = new Peers(true, List.of(), List.of(), false);

    public Peers {
        groups = List.copyOf(groups);
        addresses = List.copyOf(addresses);
    }

    public static Peers groups(String... groups) {
        return new Peers(false, List.of(groups), List.of(), false);
    }

    /** Addresses, CIDR blocks or ranges as {@link AddressLiteral#parse} reads them. */
    public static Peers addresses(String... literals) {
        return new Peers(
                false,
                List.of(),
                List.of(literals).stream().map(AddressLiteral::parse).toList(),
                false);
    }

    /** The same side with these addresses too. */
    public Peers andAddresses(String... literals) {
        List<AddressLiteral> more = new ArrayList<>(addresses);
        for (String literal : literals) {
            more.add(AddressLiteral.parse(literal));
        }
        return new Peers(any, groups, more, negated);
    }

    /** Everyone but these. */
    public Peers negate() {
        return new Peers(any, groups, addresses, !negated);
    }
}
