package io.portcullis.datapath.guard;

import io.portcullis.policy.MacAddress;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The addresses of a vNIC: those declared for it, the link-local one that is made from its MAC (RFC 4291, appendix A), and up to a bound
 * learned ones, first come, kept until the vNIC is detached. One thread, no allocation per call.
 */
final class OwnAddresses {
    private final long[] ipv4;
    /** High and low half of one address after the other. */
    private final long[] ipv6;

    private final int maxLearned;
    private int ipv4Count;
    private int ipv6Count;
    private int learned;
    private long refused;

    OwnAddresses(long mac, List<InetAddress> declared, int maxLearned) {
        this.maxLearned = maxLearned;
        ipv4 = new long[declared.size() + maxLearned];
        ipv6 = new long[2 * (declared.size() + maxLearned + 1)];
        declared.forEach(this::add);
        add(new MacAddress(mac).linkLocal());
    }

    private void add(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        if (address instanceof Inet4Address) {
            addIpv4(bytes.getInt());
        } else {
            addIpv6(bytes.getLong(), bytes.getLong());
        }
    }

    boolean holdsIpv4(int address) {
        long unsigned = Integer.toUnsignedLong(address);
        for (int i = 0; i < ipv4Count; i++) {
            if (ipv4[i] == unsigned) {
                return true;
            }
        }
        return false;
    }

    boolean holdsIpv6(long high, long low) {
        for (int i = 0; i < 2 * ipv6Count; i += 2) {
            if (ipv6[i] == high && ipv6[i + 1] == low) {
                return true;
            }
        }
        return false;
    }

    /** Whether the address is the vNIC's, or is so from now on. */
    boolean takeIpv4(int address) {
        if (holdsIpv4(address)) {
            return true;
        }
        int first = address >>> 24;
        // neither this network, loopback, nor multicast and beyond (RFC 6890)
        boolean isOfAHost = first != 0 && first != 127 && first < 224;
        if (!isOfAHost || !mayLearn()) {
            return false;
        }
        addIpv4(address);
        return true;
    }

    /** Whether the address is the vNIC's, or is so from now on. */
    boolean takeIpv6(long high, long low) {
        if (holdsIpv6(high, low)) {
            return true;
        }
        boolean isOfAHost = high >>> 56 != 0xff && (high != 0 || low >>> 1 != 0);
        if (!isOfAHost || !mayLearn()) {
            return false;
        }
        addIpv6(high, low);
        return true;
    }

    int learned() {
        return learned;
    }

    /** Addresses that were not learned because the bound was reached. */
    long refused() {
        return refused;
    }

    boolean learns() {
        return maxLearned > 0;
    }

    private boolean mayLearn() {
        if (learned == maxLearned) {
            refused += maxLearned == 0 ? 0 : 1;
            return false;
        }
        learned++;
        return true;
    }

    private void addIpv4(int address) {
        ipv4[ipv4Count++] = Integer.toUnsignedLong(address);
    }

    private void addIpv6(long high, long low) {
        ipv6[2 * ipv6Count] = high;
        ipv6[2 * ipv6Count + 1] = low;
        ipv6Count++;
    }
}
