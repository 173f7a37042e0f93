package io.portcullis.datapath.engine;

import io.portcullis.datapath.guard.VnicGuard;
import io.portcullis.datapath.memory.NativeMemory;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.LongStream;

/**
 * What {@link VnicGuard} lets pass without a doubt, told from a few words of an untagged IP frame: unicast from the VM's own MAC
 * and one of its own addresses, or unicast to its MAC from neither. All else is for VnicGuard to judge. Immutable, no
 * allocation.
 */
final class PlainSender {
    private static final int ETHERNET_BYTES = 14;
    private static final int IPV4_BYTES = 20;
    private static final int IPV6_BYTES = 40;
    // ---- as they lie in memory ----
    private static final int IPV4_TYPE = 0x0008;
    private static final int IPV6_TYPE = 0xdd86;
    private static final long MAC_MASK = 0xffff_ffff_ffffL;

    /** The VM's, as it lies in memory. */
    private final long mac;
    /** The first of {@link #ipv4}; anything if there is none. */
    private final int firstIpv4;

    private final int[] ipv4;
    /** High and low half of one address after the other. */
    private final long[] ipv6;

    PlainSender(VnicIdentity identity) {
        mac = Long.reverseBytes(identity.mac().value()) >>> 16;
        List<InetAddress> addresses = identity.addresses();
        ipv4 = addresses.stream()
                .filter(Inet4Address.class::isInstance)
                .mapToInt(address -> ByteBuffer.wrap(address.getAddress()).getInt())
                .toArray();
        firstIpv4 = ipv4.length == 0 ? 0 : ipv4[0];
        ipv6 = addresses.stream()
                .filter(address -> !(address instanceof Inet4Address))
                .map(address -> ByteBuffer.wrap(address.getAddress()))
                .flatMapToLong(bytes -> LongStream.of(bytes.getLong(), bytes.getLong()))
                .toArray();
    }

    boolean isHonest(long at, int length, boolean isOut) {
        if (length < ETHERNET_BYTES + IPV4_BYTES) {
            return false;
        }
        // destination 48, source 48, type 16
        long source = NativeMemory.getLong(at + 4) >>> 16;
        int type = NativeMemory.getInt(at + 12) & 0xffff;
        if (isOut) {
            return source == mac && isOwn(at, length, type);
        }
        // the lowest bit of the first byte marks a group
        boolean isToVm = (NativeMemory.getLong(at) & MAC_MASK) == mac && source != mac && (source & 1) == 0;
        return isToVm && isForeign(at, length, type);
    }

    /** Whether {@link #isHonest} finds packets between these two addresses honest in both directions; IPv4 in the low 32 bits. */
    boolean isHonestPair(boolean isIpv6, long vmHigh, long vmLow, long peerHigh, long peerLow) {
        if (!isIpv6) {
            return hasIpv4((int) vmLow) && !hasIpv4((int) peerLow);
        }
        return hasIpv6(vmHigh, vmLow) && !isLinkLocal(peerHigh) && !hasIpv6(peerHigh, peerLow);
    }

    private boolean isOwn(long at, int length, int type) {
        return type == IPV4_TYPE
                ? hasIpv4(NativeMemory.getNetworkInt(at + 26))
                : type == IPV6_TYPE && length >= ETHERNET_BYTES + IPV6_BYTES && hasIpv6(at + 22);
    }

    private boolean isForeign(long at, int length, int type) {
        return type == IPV4_TYPE
                ? !hasIpv4(NativeMemory.getNetworkInt(at + 26))
                : type == IPV6_TYPE && length >= ETHERNET_BYTES + IPV6_BYTES && isForeignIpv6(at + 22);
    }

    /** Link-local ones too are left to VnicGuard, which knows the one that is made from the MAC. */
    private boolean isForeignIpv6(long at) {
        return !isLinkLocal(NativeMemory.getNetworkLong(at)) && !hasIpv6(at);
    }

    private static boolean isLinkLocal(long high) {
        return high >>> 54 == 0xfe80 >>> 6;
    }

    private boolean hasIpv4(int address) {
        return (address == firstIpv4 && ipv4.length > 0) || (ipv4.length > 1 && hasOtherIpv4(address));
    }

    private boolean hasOtherIpv4(int address) {
        for (int i = 1; i < ipv4.length; i++) {
            if (ipv4[i] == address) {
                return true;
            }
        }
        return false;
    }

    private boolean hasIpv6(long at) {
        return hasIpv6(NativeMemory.getNetworkLong(at), NativeMemory.getNetworkLong(at + 8));
    }

    private boolean hasIpv6(long high, long low) {
        for (int i = 0; i < ipv6.length; i += 2) {
            if (ipv6[i] == high && ipv6[i + 1] == low) {
                return true;
            }
        }
        return false;
    }
}
