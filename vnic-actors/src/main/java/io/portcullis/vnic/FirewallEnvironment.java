package io.portcullis.vnic;

import io.portcullis.datapath.runtime.DataPath;
import io.portcullis.policy.HostId;
import java.time.Duration;

/**
 * What the firewalls of a host share.
 *
 * @param maxConnections hard limit of each connection table
 * @param rulesTimeout how long an activation waits for the rules that it must not go below
 */
public record FirewallEnvironment(HostId host, DataPath dataPath, int maxConnections, Duration rulesTimeout) {}
