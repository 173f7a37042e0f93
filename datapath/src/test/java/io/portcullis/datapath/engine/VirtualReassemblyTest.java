package io.portcullis.datapath.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.VirtualReassembly.Arrival;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.port.Burst;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VirtualReassemblyTest {
    private static final int STEP = 8;

    private VirtualReassembly reassembly = new VirtualReassembly(42);
    private final Arena arena = Arena.ofConfined();
    private final Burst sent = new Burst(arena);

    @AfterEach
    void free() {
        reassembly.close();
        arena.close();
    }

    private Arrival arrive(PacketView packet, long nowNanos) {
        return reassembly.arrive(packet, Direction.OUT, true, nowNanos);
    }

    /** Passes the fragment as an engine that allows everything would: how many frames went on because of it. */
    private int feed(PacketView packet) {
        sent.clear();
        return switch (arrive(packet, 0)) {
            case JUDGE -> {
                reassembly.admit(sent);
                yield 1 + sent.count();
            }
            case PASS -> 1;
            case WAIT -> {
                assertThat(reassembly.hold(packet, 0)).isTrue();
                yield 0;
            }
            case REFUSED, DUPLICATE, OVERLAP, TOO_MANY_GAPS, BAD_CHECKSUM, SHORT_UDP -> 0;
        };
    }

    @Test
    void shouldTellDirectionsProtocolsAndIdsApart() {
        assertThat(arrive(fragment(1, 0, true), 0)).isEqualTo(Arrival.JUDGE);
        reassembly.admit(sent);
        assertThat(arrive(fragment(1, 32, true), 1)).isEqualTo(Arrival.PASS);
        assertThat(reassembly.arrive(fragment(1, 56, true), Direction.IN, true, 1))
                .isEqualTo(Arrival.WAIT);
        assertThat(arrive(fragment(2, 56, true), 1)).isEqualTo(Arrival.WAIT);
        PacketView icmp = fragment(1, 56, true);
        icmp.protocol = PacketView.PROTOCOL_ICMP;
        assertThat(arrive(icmp, 1)).isEqualTo(Arrival.WAIT);
    }

    @Test
    void shouldForgetTheOldestWhenFull() {
        int datagrams = VirtualReassembly.ENTRIES * 4;
        for (int id = 0; id < datagrams; id++) {
            arrive(fragment(id, 0, true), id);
            reassembly.admit(sent);
        }
        assertThat(arrive(fragment(datagrams - 1, 32, true), datagrams)).isEqualTo(Arrival.PASS);
        assertThat(reassembly.evicted())
                .isBetween((long) datagrams - VirtualReassembly.ENTRIES, (long) datagrams - VirtualReassembly.WAYS);
    }

    @Test
    void shouldForgetADatagramThatIsWholeAndOneWhoseTimeIsOver() {
        List<PacketView> train = train(Frames.fromVm().udp(1, 2), 64, 1);
        train.forEach(fragment -> assertThat(feed(fragment)).isEqualTo(1));
        assertThat(arrive(train.getLast(), 0)).as("begins anew").isEqualTo(Arrival.WAIT);
        assertThat(arrive(train.getFirst(), VirtualReassembly.LIFETIME_NANOS + 1))
                .isEqualTo(Arrival.JUDGE);
    }

    /** RFC 8200, 4.5: fragments may come in any order, and again. */
    @Test
    void shouldPassEveryFragmentOfATrainInAnyOrderOnce() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            reassembly.close();
            reassembly = new VirtualReassembly(seed);
            FrameBuilder whole = random.nextBoolean() ? Frames.fromVm() : Frames.fromVm6();
            List<PacketView> train = train(
                    random.nextBoolean() ? whole.udp(5, 53) : whole.echoRequest(1, 1),
                    random.nextInt(16, 200),
                    round + 1);
            List<PacketView> order = new ArrayList<>(train);
            order.add(train.get(random.nextInt(train.size())));
            Collections.shuffle(order, random);
            int passed = 0;
            for (PacketView fragment : order) {
                passed += feed(fragment);
            }
            boolean isBounded = train.size() <= FragmentRuns.MAX_RUNS;
            if (isBounded) {
                // the one that came twice may have come behind the last: then it begins a datagram that never ends
                assertThat(passed).as("seed %d round %d", seed, round).isBetween(train.size(), train.size() + 1);
            } else {
                assertThat(passed).isLessThanOrEqualTo(train.size() + 1);
            }
        }
    }

    /** RFC 5722, 4; RFC 1858 for IPv4. */
    @Test
    void shouldNeverLetAnOverlappedDatagramBecomeWhole() {
        for (FrameBuilder frame : List.of(Frames.fromVm(), Frames.fromVm6())) {
            List<PacketView> train = train(frame.udp(5, 53), 64, 77);
            feed(train.get(0));
            feed(train.get(1));
            PacketView overlapping = train.get(2);
            overlapping.fragmentOffset -= STEP;
            overlapping.fragmentLength += STEP;
            assertThat(arrive(overlapping, 0)).isEqualTo(Arrival.OVERLAP);
            assertThat(arrive(train.get(3), 0)).isEqualTo(Arrival.REFUSED);
            assertThat(arrive(train.get(0), 0)).isEqualTo(Arrival.REFUSED);
        }
    }

    @Test
    void shouldRefuseAnEndThatContradictsAnother() {
        List<PacketView> train = train(Frames.fromVm().udp(5, 53), 64, 5);
        feed(train.get(0));
        feed(train.getLast());
        PacketView beyond = fragment(5, 800, true);
        assertThat(arrive(beyond, 0)).isEqualTo(Arrival.OVERLAP);
    }

    @Test
    void shouldDropTheLastMissingPartOfADatagramWithAWrongChecksum() {
        int id = 0;
        for (FrameBuilder frame : List.of(
                Frames.fromVm().udp(5, 53),
                Frames.fromVm6().udp(5, 53),
                Frames.fromVm().echoRequest(1, 1),
                Frames.fromVm6().echoRequest(1, 1))) {
            List<PacketView> train = train(frame, 64, ++id);
            PacketView damaged = train.get(2);
            damaged.memory.set(ValueLayout.JAVA_BYTE, damaged.transportOffset, (byte) 99);
            for (PacketView fragment : train.subList(0, train.size() - 1)) {
                assertThat(feed(fragment)).isEqualTo(1);
            }
            assertThat(arrive(train.getLast(), 0)).isEqualTo(Arrival.BAD_CHECKSUM);
        }
    }

    @Test
    void shouldDropTheLastPartOfAUdpDatagramThatIsShorterThanItSays() {
        int id = 0;
        for (FrameBuilder frame :
                List.of(Frames.fromVm().udp(5, 53), Frames.fromVm6().udp(5, 53))) {
            for (boolean isFirstLast : List.of(false, true)) {
                List<PacketView> train = train(frame, 64, ++id);
                PacketView first = train.getFirst();
                first.memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, first.transportOffset + 6L, (short) 0);
                List<PacketView> shorter = new ArrayList<>(train.subList(0, train.size() - 1));
                shorter.getLast().hasMoreFragments = false;
                if (isFirstLast) {
                    Collections.rotate(shorter, -1);
                }
                for (PacketView fragment : shorter.subList(0, shorter.size() - 1)) {
                    assertThat(arrive(fragment, 0)).isIn(Arrival.JUDGE, Arrival.PASS, Arrival.WAIT);
                    if (!fragment.isLaterFragment) {
                        reassembly.admit(sent);
                    }
                }
                assertThat(arrive(shorter.getLast(), 0)).isEqualTo(Arrival.SHORT_UDP);
                assertThat(arrive(train.getLast(), 0)).isEqualTo(Arrival.REFUSED);
            }
        }
    }

    @Test
    void shouldBoundWhatItHolds() {
        for (int i = 0; i < HeldFragments.SLOTS; i++) {
            PacketView fragment = fragment(1_000, 800 + 24 * i, true);
            assertThat(arrive(fragment, 0)).isEqualTo(Arrival.WAIT);
            assertThat(reassembly.hold(fragment, 0)).isTrue();
        }
        PacketView oneMore = fragment(5_000, 800, true);
        arrive(oneMore, 0);
        assertThat(reassembly.hold(oneMore, 0)).isFalse();
        assertThat(reassembly.heldLost()).isPositive();
        long later = VirtualReassembly.LIFETIME_NANOS + 1;
        arrive(oneMore, later);
        assertThat(reassembly.hold(oneMore, later))
                .as("in the room of those whose time is over")
                .isTrue();
    }

    /** A datagram in fragments of eight bytes, but for the first, which has the whole transport header. */
    private static List<PacketView> train(FrameBuilder builder, int payloadBytes, int id) {
        byte[] payload = new byte[payloadBytes];
        new Random(id).nextBytes(payload);
        byte[] frame = builder.payload(payload).build();
        PacketView whole = Frames.parsed(frame);
        int total = whole.transportLength;
        List<PacketView> train = new ArrayList<>();
        for (int start = 0; start < total; start += STEP) {
            int length = Math.min(STEP, total - start);
            PacketView part = parsed(frame);
            part.isFragment = true;
            part.isLaterFragment = start > 0;
            part.fragmentId = id;
            part.fragmentOffset = start;
            part.fragmentLength = length;
            part.hasMoreFragments = start + length < total;
            part.transportOffset += start;
            part.transportLength = length;
            train.add(part);
        }
        return train;
    }

    private static PacketView fragment(int id, int offset, boolean more) {
        return parsed(Frames.fromVm()
                .udp(1, 2)
                .payload(new byte[24])
                .fragment(id, offset, more)
                .build());
    }

    /** With the headroom that frames in a burst have. */
    private static PacketView parsed(byte[] frame) {
        MemorySegment memory = Arena.ofAuto().allocate(Burst.HEADROOM + frame.length);
        MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, Burst.HEADROOM, frame.length);
        PacketView view = new PacketView();
        PacketParser.parse(memory, Burst.HEADROOM, frame.length, view);
        return view;
    }
}
