package io.portcullis.loadtest.flow;

import io.portcullis.loadtest.lab.WireEnd;
import io.portcullis.policy.MacAddress;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A VM's end of the wire, and how late frames were that came to or from it. Thread-safe. */
public final class VmEnd {
    private final int index;
    private final String name;
    private final String group;
    private final String role;
    private final MacAddress mac;
    private final InetAddress ipv4;
    private final InetAddress ipv6;
    private final int vlan;
    private final WireEnd port;
    private final @Nullable VmEnd original;
    private final AtomicLong longestDelayNanos = new AtomicLong();
    private final AtomicLong longestGapNanos = new AtomicLong();
    private long lastToVmNanos;
    private long lastToClientNanos;

    /**
     * @param index of its vNIC in the history
     * @param group name of the plan that it is of
     * @param role {@code moving}, {@code twin} or the label of an arm
     * @param original the VM whose traffic it gets too; null if it has its own
     */
    public VmEnd(
            int index,
            String name,
            String group,
            String role,
            MacAddress mac,
            InetAddress ipv4,
            InetAddress ipv6,
            int vlan,
            WireEnd port,
            @Nullable VmEnd original) {
        this.index = index;
        this.name = name;
        this.group = group;
        this.role = role;
        this.mac = mac;
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        this.vlan = vlan;
        this.port = port;
        this.original = original;
    }

    public int index() {
        return index;
    }

    public String name() {
        return name;
    }

    String group() {
        return group;
    }

    public String role() {
        return role;
    }

    public MacAddress mac() {
        return mac;
    }

    public InetAddress address(boolean isIpv6) {
        return isIpv6 ? ipv6 : ipv4;
    }

    public int vlan() {
        return vlan;
    }

    public WireEnd port() {
        return port;
    }

    public @Nullable VmEnd original() {
        return original;
    }

    /** Whether what its host's firewall lets pass is recorded. */
    public boolean isRecorded() {
        return role.equals("moving") || role.equals("twin");
    }

    /** A numbered frame has come to or from the VM. The traffic's thread. */
    void came(boolean isToVm, long dueNanos, long nanos) {
        longestDelayNanos.accumulateAndGet(nanos - dueNanos, Math::max);
        long last = isToVm ? lastToVmNanos : lastToClientNanos;
        if (last != 0) {
            longestGapNanos.accumulateAndGet(nanos - last, Math::max);
        }
        if (isToVm) {
            lastToVmNanos = nanos;
        } else {
            lastToClientNanos = nanos;
        }
    }

    /** The longest that a frame took since the last call, from when it was due. */
    public long takeLongestDelayNanos() {
        return longestDelayNanos.getAndSet(0);
    }

    /** The longest time without a frame in one direction since the last call. */
    public long takeLongestGapNanos() {
        return longestGapNanos.getAndSet(0);
    }
}
