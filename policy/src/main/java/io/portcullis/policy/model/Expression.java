package io.portcullis.policy.model;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Says who is in a group. It is judged for every address of every vNIC of the tenant by itself: a vNIC is a member when it
 * holds for one of its addresses, and these addresses are what the group stands for in a rule (so an address set
 * {@code 10.0.0.5} does not bring in the IPv6 address of the same vNIC). A vNIC without addresses is judged once.
 *
 * <p>Address sets also stand for addresses that no vNIC has. OR unites them, AND keeps what all its operands have, and
 * NOT speaks of the tenant's own vNICs only: it never names an address outside.
 */
public sealed interface Expression {
    /** The VM has this tag. */
    record HasTag(Tag tag) implements Expression {}

    /** The VM's name compares so. */
    record NameMatches(TextMatch match, String text) implements Expression {}

    /** The VM's operating system compares so. */
    record OsMatches(TextMatch match, String text) implements Expression {}

    /** The vNIC is plugged into this segment. */
    record InSegment(String segment) implements Expression {}

    /** A scanner reported this finding; {@code value} null stands for any value. */
    record HasFinding(String finding, @Nullable String value) implements Expression {}

    /** The address is one of these. */
    record Addresses(List<AddressLiteral> addresses) implements Expression {
        public Addresses {
            addresses = List.copyOf(addresses);
        }
    }

    /** The VM is one of these, by name. */
    record Members(SortedSet<String> vms) implements Expression {
        public Members {
            vms = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(vms));
        }
    }

    /** In that other group of the tenant. */
    record InGroup(String group) implements Expression {}

    /** All of these hold. */
    record And(List<Expression> operands) implements Expression {
        public And {
            operands = List.copyOf(operands);
        }
    }

    /** At least one of these holds. */
    record Or(List<Expression> operands) implements Expression {
        public Or {
            operands = List.copyOf(operands);
        }
    }

    /** It does not hold. */
    record Not(Expression operand) implements Expression {}

    static Expression tag(String tag) {
        return new HasTag(Tag.parse(tag));
    }

    static Expression name(String name) {
        return new NameMatches(TextMatch.EQUALS, name);
    }

    static Expression nameStartsWith(String text) {
        return new NameMatches(TextMatch.STARTS_WITH, text);
    }

    static Expression nameContains(String text) {
        return new NameMatches(TextMatch.CONTAINS, text);
    }

    /** A regular expression for the whole name, as {@link TextPattern} reads it. */
    static Expression nameMatches(String pattern) {
        return new NameMatches(TextMatch.MATCHES, pattern);
    }

    static Expression os(String os) {
        return new OsMatches(TextMatch.EQUALS, os);
    }

    static Expression segment(String segment) {
        return new InSegment(segment);
    }

    static Expression finding(String finding) {
        return new HasFinding(finding, null);
    }

    static Expression finding(String finding, String value) {
        return new HasFinding(finding, value);
    }

    /** Addresses, CIDR blocks or ranges as {@link AddressLiteral#parse} reads them. */
    static Expression addresses(String... literals) {
        return new Addresses(
                List.of(literals).stream().map(AddressLiteral::parse).toList());
    }

    static Expression members(String... vms) {
        return new Members(new TreeSet<>(List.of(vms)));
    }

    static Expression group(String group) {
        return new InGroup(group);
    }

    static Expression and(Expression... operands) {
        return new And(List.of(operands));
    }

    static Expression or(Expression... operands) {
        return new Or(List.of(operands));
    }

    static Expression not(Expression operand) {
        return new Not(operand);
    }

    /** Operands by their place in the expression, as the last part of a {@link Problem#path()}. */
    default Map<String, Expression> operandsByPath() {
        return switch (this) {
            case And and -> numbered("and", and.operands());
            case Or or -> numbered("or", or.operands());
            case Not not -> Map.of("not", not.operand());
            case HasTag _, NameMatches _, OsMatches _, InSegment _, HasFinding _, Addresses _, Members _, InGroup _ ->
                Map.of();
        };
    }

    private static Map<String, Expression> numbered(String word, List<Expression> operands) {
        Map<String, Expression> byPath = new java.util.LinkedHashMap<>();
        for (int index = 0; index < operands.size(); index++) {
            byPath.put(word + "/" + index, operands.get(index));
        }
        return byPath;
    }
}
