package io.portcullis.datapath.guard;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.track.LocalAddresses;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicProtection;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All that is asked of a frame before any rule: {@link SpoofGuard} and {@link RoleGuard}. One thread, no allocation per call. */
public final class VnicGuard {
    private final SpoofGuard spoof;
    private final RoleGuard role;

    /** @param declared addresses of the vNIC */
    public VnicGuard(MacAddress mac, List<InetAddress> declared, VnicProtection protection) {
        spoof = new SpoofGuard(mac, declared, protection);
        role = new RoleGuard(protection);
    }

    /** Null if the frame may go on to the rules, else why not. */
    public @Nullable Offence check(PacketView packet, Direction direction) {
        // a role before an identity: who plays a router claims addresses that are not its own, too
        Offence offence = direction == Direction.OUT ? role.check(packet) : null;
        return offence == null ? spoof.check(packet, direction) : offence;
    }

    /**
     * Where the vNIC may learn: takes the VM's addresses from connections that came with it, which its host before had found honest. So a VM
     * that moves need not introduce itself again.
     */
    public void remember(LocalAddresses cameWithConnections) {
        if (spoof.learns()) {
            cameWithConnections.forEach(spoof::remember);
        }
    }

    /** As {@link SpoofGuard#learn}. */
    public void learn(List<DiscoveredAddress> known, boolean forgetOthers) {
        spoof.learn(known, forgetOthers);
    }

    /** As {@link SpoofGuard#discovered}. */
    public @Nullable List<DiscoveredAddress> discovered() {
        return spoof.discovered();
    }

    /** As {@link SpoofGuard#learns}. */
    public boolean learns() {
        return spoof.learns();
    }

    /** As {@link SpoofGuard#expire}. */
    public void expire(long nowNanos) {
        spoof.expire(nowNanos);
    }

    /** Adds what was counted, by name; zeros are left out. */
    public void addCounters(Map<String, Long> counters) {
        spoof.addCounters(counters);
    }
}
