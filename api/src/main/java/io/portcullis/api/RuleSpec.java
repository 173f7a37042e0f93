package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One rule of a policy; the first that matches decides.
 *
 * @param name unique in its policy; a connection remembers the rule by it
 * @param sources names of groups, addresses, prefixes or ranges, any of which may match; none, or {@code any}, means everyone
 * @param negateSources everyone but those; default no
 * @param services services of the tenant or of the library, by name, at least one; {@code any} alone means all
 * @param negateServices all services but those; default no
 * @param direction {@code IN}, {@code OUT} or {@code BOTH} (default), seen from the VM
 * @param family {@code IPV4}, {@code IPV6} or {@code ANY} (default)
 * @param ethernet for policies of category {@code ETHERNET} only
 * @param appliedTo groups whose vNICs get this rule; none: those of the policy
 * @param action {@code ALLOW}, {@code DROP}, {@code REJECT} or {@code PASS}
 * @param liveFlows for established connections: {@code KEEP}, {@code RECHECK} (default) or {@code RESET}
 * @param expires from then on the rule is in no table: {@code 2027-01-31T18:00:00Z}, {@code 2027-01-31T18:00[Europe/Berlin]}, or
 *     {@code 2027-01-31[Europe/Berlin]} for the beginning of that day
 * @param log whether the first packet of each connection that it decides about, and each that it ends, is logged; default no
 * @param logLabel stands in each line of the log
 */
public record RuleSpec(
        String name,
        @Nullable List<String> sources,
        @Nullable Boolean negateSources,
        @Nullable List<String> destinations,
        @Nullable Boolean negateDestinations,
        List<String> services,
        @Nullable Boolean negateServices,
        @Nullable String direction,
        @Nullable String family,
        @Nullable EthernetSpec ethernet,
        @Nullable List<String> appliedTo,
        String action,
        @Nullable String liveFlows,
        @Nullable Boolean log,
        @Nullable String description,
        @Nullable String logLabel,
        @Nullable String expires) {}
