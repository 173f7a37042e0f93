package io.portcullis.datapath.guard;

import io.portcullis.policy.AddressSource;
import io.portcullis.policy.DiscoveredAddress;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicProtection;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of a vNIC: those declared for it, the link-local one that is made from its MAC (RFC 4291, appendix A), and up to a bound
 * learned ones, first come, kept until the vNIC is detached, their DHCP lease ends, or they are to be forgotten. One thread; a frame costs no
 * allocation.
 */
final class OwnAddresses {
    /** Of an address that does not end by itself. */
    static final int NO_LEASE = -1;
    /** A lease of this many seconds never ends (RFC 2131, 8415). */
    static final int INFINITE = 0xffff_ffff;

    /** Where nothing is learned there never are any. */
    private static final DiscoveryNews NO_NEWS = new DiscoveryNews();

    private static final AddressSource[] SOURCES = AddressSource.values();
    private static final long SECOND_NANOS = 1_000_000_000L;

    private final VnicProtection protection;
    private final AddressSlots ipv4;
    private final AddressSlots ipv6;
    private final DiscoveryNews news;
    private long refused;
    private long ended;
    /** As of the last {@link #expire}, 0 before the first. */
    private long nowNanos;

    private boolean isClockKnown;

    OwnAddresses(long mac, List<InetAddress> declared, VnicProtection protection) {
        this.protection = protection;
        int ofIpv4 =
                (int) declared.stream().filter(Inet4Address.class::isInstance).count();
        ipv4 = new AddressSlots(ofIpv4, protection.learnedAddresses());
        // and the link-local one
        ipv6 = new AddressSlots(declared.size() - ofIpv4 + 1, protection.learnedAddresses());
        news = protection.learnedAddresses() == 0 && !protection.discovers() ? NO_NEWS : new DiscoveryNews();
        declared.forEach(this::declare);
        declare(new MacAddress(mac).linkLocal());
    }

    private void declare(InetAddress address) {
        slots(address).addFixed(high(address), low(address));
    }

    boolean holdsIpv4(int address) {
        return ipv4.find(0, Integer.toUnsignedLong(address)) >= 0;
    }

    boolean holdsIpv6(long high, long low) {
        return ipv6.find(high, low) >= 0;
    }

    /**
     * Whether the address is the vNIC's, or is so from now on.
     *
     * @param source what claims it; null for one that is only known to have been used before
     * @param leaseSeconds unsigned, {@link #INFINITE}, or with any source but DHCP {@link #NO_LEASE}
     */
    boolean takeIpv4(int address, @Nullable AddressSource source, int leaseSeconds) {
        int first = address >>> 24;
        // neither this network, loopback, nor multicast and beyond (RFC 6890)
        boolean isOfAHost = first != 0 && first != 127 && first < 224;
        return take(ipv4, 0, Integer.toUnsignedLong(address), isOfAHost, source, leaseSeconds);
    }

    /** As {@link #takeIpv4}. */
    boolean takeIpv6(long high, long low, @Nullable AddressSource source, int leaseSeconds) {
        boolean isOfAHost = high >>> 56 != 0xff && (high != 0 || low >>> 1 != 0);
        return take(ipv6, high, low, isOfAHost, source, leaseSeconds);
    }

    private boolean take(
            AddressSlots slots,
            long high,
            long low,
            boolean isOfAHost,
            @Nullable AddressSource source,
            int leaseSeconds) {
        int slot = slots.find(high, low);
        boolean isTrusted = source == null || protection.learnsFrom(source);
        if (slot < 0) {
            if (!isOfAHost || !isTrusted || !mayLearn()) {
                return false;
            }
            slot = slots.add(high, low);
            news.note();
        }
        // what a server gave stays so, whoever else speaks of it; a lease is renewed by the server only
        if (source != null && isTrusted && !slots.isFixed(slot)) {
            byte before = slots.source(slot);
            boolean isLeased = before == code(AddressSource.DHCP);
            if (before != code(source) && (source == AddressSource.DHCP || !isLeased)) {
                slots.setSource(slot, code(source));
                news.note();
            }
            if (source == AddressSource.DHCP) {
                boolean ends = leaseSeconds != NO_LEASE && leaseSeconds != INFINITE;
                slots.setEnd(slot, ends, nowNanos + Integer.toUnsignedLong(leaseSeconds) * SECOND_NANOS);
            }
        }
        return true;
    }

    /** The VM or its server ends the lease. */
    void endLeaseIpv4(int address) {
        endLease(ipv4, 0, Integer.toUnsignedLong(address));
    }

    void endLeaseIpv6(long high, long low) {
        endLease(ipv6, high, low);
    }

    private void endLease(AddressSlots slots, long high, long low) {
        int slot = slots.find(high, low);
        if (slot >= 0 && !slots.isFixed(slot) && slots.source(slot) == code(AddressSource.DHCP)) {
            slots.remove(slot);
            ended++;
            news.note();
        }
    }

    /** Sets the clock, forgets addresses whose lease is over, and says what was discovered; call it every second or so. */
    void expire(long newNanos) {
        if (!isClockKnown) {
            ipv4.beginAt(newNanos);
            ipv6.beginAt(newNanos);
            isClockKnown = true;
        }
        nowNanos = newNanos;
        int over = ipv4.removeEnded(newNanos) + ipv6.removeEnded(newNanos);
        if (over > 0) {
            ended += over;
            news.note();
        }
        if (protection.discovers()) {
            news.tell(this::found, newNanos);
        }
    }

    /** What is known of the vNIC elsewhere: taken in as far as there is room. */
    void learn(List<DiscoveredAddress> known, boolean forgetOthers) {
        if (forgetOthers) {
            ipv4.removeLearned();
            ipv6.removeLearned();
        }
        for (DiscoveredAddress each : known) {
            long high = high(each.address());
            long low = low(each.address());
            boolean _ = each.address() instanceof Inet4Address
                    ? takeIpv4((int) low, each.source(), NO_LEASE)
                    : takeIpv6(high, low, each.source(), NO_LEASE);
        }
        news.tellAtOnce(found());
    }

    /** Those that a source of discovery vouches for, as {@link DiscoveryNews} lets it be known; null if there is no discovery. */
    @Nullable
    List<DiscoveredAddress> discovered() {
        return protection.discovers() ? news.told() : null;
    }

    /** Changes that were not told at once. */
    long putOff() {
        return news.putOff();
    }

    private List<DiscoveredAddress> found() {
        List<DiscoveredAddress> found = new ArrayList<>();
        addTo(found, ipv4, Integer.BYTES);
        addTo(found, ipv6, 2 * Long.BYTES);
        return found;
    }

    private static void addTo(List<DiscoveredAddress> found, AddressSlots slots, int bytes) {
        for (int slot = 0; slot < slots.count(); slot++) {
            if (!slots.isFixed(slot) && slots.source(slot) != AddressSlots.NO_SOURCE) {
                found.add(new DiscoveredAddress(
                        address(slots.high(slot), slots.low(slot), bytes), SOURCES[slots.source(slot) - 1]));
            }
        }
    }

    private static InetAddress address(long high, long low, int bytes) {
        ByteBuffer buffer = bytes == Integer.BYTES
                ? ByteBuffer.allocate(bytes).putInt((int) low)
                : ByteBuffer.allocate(bytes).putLong(high).putLong(low);
        try {
            return InetAddress.getByAddress(buffer.array());
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address has 4 or 16 bytes", impossible);
        }
    }

    private static long high(InetAddress address) {
        return address instanceof Inet4Address
                ? 0
                : ByteBuffer.wrap(address.getAddress()).getLong();
    }

    private static long low(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet4Address ? Integer.toUnsignedLong(bytes.getInt()) : bytes.getLong(Long.BYTES);
    }

    private AddressSlots slots(InetAddress address) {
        return address instanceof Inet4Address ? ipv4 : ipv6;
    }

    // neither stored nor sent
    @SuppressWarnings("EnumOrdinal")
    private static byte code(AddressSource source) {
        return (byte) (source.ordinal() + 1);
    }

    int learned() {
        return ipv4.learned() + ipv6.learned();
    }

    /** Addresses that were not learned because the bound was reached. */
    long refused() {
        return refused;
    }

    /** Addresses whose lease has ended. */
    long ended() {
        return ended;
    }

    boolean learns() {
        return protection.learnedAddresses() > 0;
    }

    private boolean mayLearn() {
        if (learned() == protection.learnedAddresses()) {
            refused += protection.learnedAddresses() == 0 ? 0 : 1;
            return false;
        }
        return true;
    }
}
