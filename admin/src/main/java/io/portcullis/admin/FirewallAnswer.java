package io.portcullis.admin;

import io.portcullis.datapath.runtime.FlowReport;
import io.portcullis.policy.HostId;

/** What came back from the firewall of a vNIC that was asked about a flow. */
public sealed interface FirewallAnswer {
    /**
     * It says so.
     *
     * @param phase for example ENFORCING
     */
    record Says(HostId host, String phase, FlowReport report) implements FirewallAnswer {}

    /** The vNIC has moved on. */
    record Moved(HostId from, HostId to) implements FirewallAnswer {}

    /** No answer, or none that helps. */
    record Silent(HostId host, String why) implements FirewallAnswer {}
}
