package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.VirtualReassembly.Arrival;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.port.Burst;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What fragments meet before and behind the engine's own judgement: {@link VirtualReassembly}, whose memory is taken with the first
 * fragment, and the time after an import of a connection table in which later fragments of unknown datagrams pass, because the
 * source judged their first one. One thread.
 */
final class FragmentGate implements AutoCloseable {
    /** How long after an import unknown later fragments pass. */
    static final long ADOPTION_NANOS = 2_000_000_000L;
    /** Behind every transport header: what an adopted fragment cannot reach (RFC 3128). */
    static final int ADOPTED_LEAST_OFFSET = 64;

    private final long hashSeed;
    private @Nullable VirtualReassembly reassembly;
    private boolean isAdopting;
    private long adoptUntilNanos;
    private long adopted;
    private long waited;
    private long duplicates;
    private long overlaps;
    private long tooManyGaps;

    FragmentGate(long hashSeed) {
        this.hashSeed = hashSeed;
    }

    /** A connection table has come from another host: for a while its later fragments may come without their first one. */
    void beginAdoption(long nowNanos) {
        isAdopting = true;
        adoptUntilNanos = nowNanos + ADOPTION_NANOS;
    }

    /** As {@link VirtualReassembly#arrive}; later fragments that are adopted PASS. */
    Arrival arrive(PacketView packet, Direction direction, boolean isUnverified, Burst toReceiver, long nowNanos) {
        VirtualReassembly datagrams = reassembly();
        Arrival arrival = datagrams.arrive(packet, direction, isUnverified, nowNanos);
        switch (arrival) {
            case WAIT -> {
                isAdopting = isAdopting && nowNanos - adoptUntilNanos < 0;
                if (isAdopting && packet.fragmentOffset >= ADOPTED_LEAST_OFFSET) {
                    adopted++;
                    datagrams.admit(toReceiver);
                    return Arrival.PASS;
                }
            }
            case DUPLICATE -> duplicates++;
            case OVERLAP -> overlaps++;
            case TOO_MANY_GAPS -> tooManyGaps++;
            case JUDGE, PASS, REFUSED, BAD_CHECKSUM, SHORT_UDP -> {}
        }
        return arrival;
    }

    /** Keeps the fragment that must wait; false if there is no room. */
    boolean hold(PacketView packet, long nowNanos) {
        boolean isHeld = reassembly().hold(packet, nowNanos);
        waited += isHeld ? 1 : 0;
        return isHeld;
    }

    /** The first fragment was judged. */
    void judged(boolean passes, Burst toReceiver, @Nullable DecisionTrace trace) {
        VirtualReassembly datagrams = reassembly();
        if (trace != null) {
            datagrams.notes().keep(datagrams.entry(), trace);
        }
        if (passes) {
            datagrams.admit(toReceiver);
        } else {
            datagrams.refuse();
        }
    }

    /** A fragment that cannot be parsed spoils its datagram. */
    void refuse(PacketView packet, Direction direction, long nowNanos) {
        reassembly().refuse(packet, direction, nowNanos);
    }

    /** Has the trace say of a later fragment what it said of the first. */
    void recall(DecisionTrace trace) {
        VirtualReassembly datagrams = reassembly();
        datagrams.notes().recall(datagrams.entry(), trace);
    }

    void addCounters(Map<String, Long> map) {
        if (reassembly != null) {
            put(map, "fragments.evicted", reassembly.evicted());
            put(map, "fragments.held-lost", reassembly.heldLost());
        }
        put(map, "fragments.adopted", adopted);
        put(map, "fragments.held", waited);
        put(map, "fragments.duplicate", duplicates);
        put(map, "fragments.overlapping", overlaps);
        put(map, "fragments.too-many-gaps", tooManyGaps);
    }

    private static void put(Map<String, Long> map, String name, long count) {
        if (count != 0) {
            map.put(name, count);
        }
    }

    private VirtualReassembly reassembly() {
        if (reassembly == null) {
            reassembly = new VirtualReassembly(hashSeed);
        }
        return reassembly;
    }

    @Override
    public void close() {
        if (reassembly != null) {
            reassembly.close();
        }
    }
}
