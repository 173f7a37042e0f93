package io.portcullis.loadtest.lab;

import io.portcullis.policy.MacAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/** VMs and a fabric on this machine. One thread; {@link #close} removes all that was made. */
public interface Lab extends AutoCloseable {
    /** Value of {@code portcullis.data-path.backend} for the hosts of this lab. */
    String backend();

    /** What the lab is made of, for people. */
    String description();

    /** Makes the uplink of a host, or finds it; value of {@code portcullis.data-path.uplink}. */
    String uplink(String host) throws IOException;

    /** What the command that starts a host's process is handed to, for hosts that see the machine each in their own way. */
    default List<String> launcher(String host) {
        return List.of();
    }

    /** Makes a VM with one vNIC, whose addresses have 24 (IPv4) or 64 bits (IPv6) of network prefix. */
    LabVm addVm(String name, MacAddress mac, List<InetAddress> addresses) throws IOException;

    /** Counts from now on the unicast frames from or to {@code mac} that cross a host's uplink, on the fabric's side. */
    UplinkWatch watch(String host, MacAddress mac) throws IOException;

    @Override
    void close();

    /** A running count; whoever starts one stops it. */
    interface UplinkWatch {
        Count stop();
    }

    /**
     * What a watch saw.
     *
     * @param frames unicast frames from or to the VM
     * @param missed frames that were not looked at because there were too many: a proof by absence needs 0
     */
    record Count(long frames, long missed) {}
}
