package io.portcullis.policy.model;

import io.portcullis.policy.table.ServiceMatch;
import java.util.List;

/** A named set of protocols, ports and ICMP types; a packet belongs to it when one of the matches holds. */
public record Service(String name, List<ServiceMatch> matches) {
    public Service {
        matches = List.copyOf(matches);
    }

    public static Service of(String name, ServiceMatch... matches) {
        return new Service(name, List.of(matches));
    }
}
