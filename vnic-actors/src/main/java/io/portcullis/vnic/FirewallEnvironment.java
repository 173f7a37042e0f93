package io.portcullis.vnic;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.EpochNotes;
import io.portcullis.policy.HostId;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * What the firewalls of a host share.
 *
 * @param maxConnections hard limit of each connection table
 * @param rulesTimeout how long an activation waits for the rules that it must not go below
 * @param notes on what is being handed over, which outlive a crash
 * @param blocking runs file work
 * @param onChange told when a vNIC is in another mode, or has other rules, than before; on the firewall's thread
 */
public record FirewallEnvironment(
        HostId host,
        DataPath dataPath,
        int maxConnections,
        Duration rulesTimeout,
        EpochNotes notes,
        Executor blocking,
        Consumer<VnicStatus> onChange,
        FirewallCounters counters) {}
