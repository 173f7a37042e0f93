package io.portcullis.policy.model;

import io.portcullis.policy.table.ServiceMatch;
import java.util.List;

/**
 * A named set of protocols, ports and ICMP types; a packet belongs to it when one of the matches holds.
 *
 * @param alg what follows the connections that a rule allows with this service
 */
public record Service(String name, List<ServiceMatch> matches, Alg alg) {
    public Service {
        matches = List.copyOf(matches);
        // services that were stored before there were gateways name none
        alg = alg == null ? Alg.NONE : alg;
    }

    /** Without a gateway. */
    public Service(String name, List<ServiceMatch> matches) {
        this(name, matches, Alg.NONE);
    }

    public static Service of(String name, ServiceMatch... matches) {
        return new Service(name, List.of(matches));
    }

    public Service withAlg(Alg newAlg) {
        return new Service(name, matches, newAlg);
    }
}
