package io.portcullis.loadtest.history;

import java.util.ArrayList;
import java.util.List;

/**
 * One run, as it was seen from outside of the firewalls. Hosts and vNICs are numbers here; their names are for the texts of violations. The frames
 * sent and the flows are added by the thread that sends, the decisions by the one that sees them; all else may be added by any thread, and all is read
 * when those have ended.
 */
public final class History {
    /**
     * A flow.
     *
     * @param vnic whose firewall decides it
     * @param isAllowed whether the policy lets it pass, but for {@link Ban bans}
     * @param twin the flow that got the same frames at a firewall that never moved; -1 for none
     * @param isConnection whether it does not come back by itself once it was cut
     */
    public record Flow(int vnic, int stream, boolean isAllowed, int twin, boolean isConnection) {}

    /** A host may enforce a vNIC under an epoch, from when that was asked for until another one's receipt had come. */
    public record Tenure(int vnic, int host, long epoch, long fromNanos, long untilNanos) {}

    /**
     * A change of policy that forbids a stream.
     *
     * @param appliedNanos when it was sent
     * @param acknowledgedNanos when every vNIC was said to enforce it
     * @param liftedNanos when the change that allows the stream again was sent; {@link Long#MAX_VALUE} for never
     * @param restoredNanos when every vNIC was said to enforce that
     * @param revision of the change
     */
    public record Ban(
            int stream,
            long appliedNanos,
            long acknowledgedNanos,
            long liftedNanos,
            long restoredNanos,
            long revision) {}

    /** A vNIC was on a host whose process was killed, so that frames may be lost. */
    public record Outage(int vnic, long fromNanos, long untilNanos) {}

    private final FrameLog sent = new FrameLog();
    private final FrameLog decided = new FrameLog();
    private final List<Flow> flows = new ArrayList<>();
    /** Stands for a host in {@link #decided} where nobody can know which one it was; it is not said of whom that frame was. */
    public static final int UNKNOWN_HOST = 126;

    private final List<Tenure> tenures = new ArrayList<>();
    private final List<Ban> bans = new ArrayList<>();
    private final List<Outage> outages = new ArrayList<>();
    private final List<String> hosts;
    private final List<String> vnics;

    public History(List<String> hosts, List<String> vnics) {
        this.hosts = List.copyOf(hosts);
        this.vnics = List.copyOf(vnics);
    }

    /** Numbered frames as they left their senders. */
    public FrameLog sent() {
        return sent;
    }

    /** Numbered frames as a host let them pass, in the order in which that was seen. */
    public FrameLog decided() {
        return decided;
    }

    /** Adds a flow; its number is the count of those before. */
    public int add(Flow flow) {
        flows.add(flow);
        return flows.size() - 1;
    }

    public synchronized void add(Tenure tenure) {
        tenures.add(tenure);
    }

    public synchronized void add(Ban ban) {
        bans.add(ban);
    }

    public synchronized void add(Outage outage) {
        outages.add(outage);
    }

    public List<Flow> flows() {
        return flows;
    }

    public synchronized List<Tenure> tenures() {
        return List.copyOf(tenures);
    }

    public synchronized List<Ban> bans() {
        return List.copyOf(bans);
    }

    public synchronized List<Outage> outages() {
        return List.copyOf(outages);
    }

    public String host(int number) {
        return number < hosts.size() ? hosts.get(number) : "host " + number;
    }

    public String vnic(int number) {
        return vnics.get(number);
    }

    public int vnicCount() {
        return vnics.size();
    }
}
