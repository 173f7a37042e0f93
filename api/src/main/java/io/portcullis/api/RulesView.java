package io.portcullis.api;

import java.util.List;

/**
 * The rule table of a vNIC.
 *
 * @param revision the tenant's revision that it belongs to
 * @param realizedRevision what the vNIC enforces now; lower than {@code revision} while a change is on its way
 * @param defaultAction after the last rule
 * @param tracking {@code strict} or {@code loose}
 * @param timeouts {@code linux} or {@code nsx}
 * @param excluded whether what no rule refuses passes, whatever the state of its connection
 * @param providerRules whether rules of the provider hold beside these, that the token may not see
 * @param algs gateways that follow the vNIC's connections: {@code ftp}
 */
public record RulesView(
        String vnic,
        long revision,
        long realizedRevision,
        String hash,
        String defaultAction,
        String tracking,
        String timeouts,
        boolean excluded,
        List<String> algs,
        boolean providerRules,
        List<RuleView> rules) {}
