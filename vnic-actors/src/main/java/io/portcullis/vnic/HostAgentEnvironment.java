package io.portcullis.vnic;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.PlacementDirectory;
import io.portcullis.persistence.RuleHitStore;
import io.portcullis.policy.HostId;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VnicId;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.pekko.actor.typed.RecipientRef;

/**
 * What the agent of a host works with.
 *
 * @param blocking runs file work
 * @param firewalls finds the firewall of a vNIC on this host
 * @param counters of the firewalls on this host
 */
public record HostAgentEnvironment(
        HostId host,
        DataPath dataPath,
        HostLimits limits,
        PlacementDirectory directory,
        RuleHitStore ruleHits,
        Checkpoints checkpoints,
        Executor blocking,
        Function<VnicId, RecipientRef<FirewallCommand>> firewalls,
        Function<TenantId, RecipientRef<TenantCommand>> tenants,
        HostTiming timing,
        FirewallCounters counters) {}
