package io.portcullis.policy.model;

import java.util.List;

/**
 * The services of a rule: all, said explicitly, or some by name. Neither is refused by the model: a rule that forgot its
 * services must not become a rule for everything.
 *
 * @param negated all but the named ones
 */
public record ServiceSelection(boolean any, List<String> names, boolean negated) {
    public static final ServiceSelection ANY = new ServiceSelection(true, List.of());

    public ServiceSelection(boolean any, List<String> names) {
        this(any, names, false);
    }

    public ServiceSelection {
        names = List.copyOf(names);
    }

    public static ServiceSelection named(String... names) {
        return new ServiceSelection(false, List.of(names));
    }

    /** All services but these. */
    public ServiceSelection negate() {
        return new ServiceSelection(any, names, !negated);
    }
}
