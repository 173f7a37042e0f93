package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.memory.NativeMemory;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.packet.PlainParser;
import io.portcullis.datapath.port.Burst;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a burst's search takes for plain, the parser must find sound, and both must read the same from it. */
class PlainFramesTest {
    private static final int FRAMES = 200_000;
    private static final int MOST_FLIPS = 3;
    private static final int MACS_BYTES = 12;

    private final PacketView parsed = new PacketView();
    private final PacketView plain = new PacketView();

    @Test
    void shouldReadFromPlainFramesWhatTheParserReads() {
        long seed = Long.getLong("portcullis.seed", System.nanoTime());
        System.out.println("PlainFramesTest seed " + seed);
        Random random = new Random(seed);
        int plainFrames = 0;
        int brokenFrames = 0;
        try (Arena arena = Arena.ofConfined();
                ConnectionTable table = new ConnectionTable(10, 1, 2)) {
            Burst burst = new Burst(arena);
            BurstLookup lookup = new BurstLookup(table);
            for (int i = 0; i < FRAMES; i++) {
                burst.clear();
                frame(random).appendTo(burst);
                int length = burst.length(0) - (random.nextInt(20) == 0 ? random.nextInt(burst.length(0)) : 0);
                for (int flips = random.nextInt(MOST_FLIPS); flips > 0; flips--) {
                    // the MAC addresses are for who looks at senders
                    long at = burst.offset(0) + MACS_BYTES + random.nextInt(burst.length(0) - MACS_BYTES);
                    burst.memory().set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt(256));
                }
                lookup.take(0, burst.memory().address() + burst.offset(0), length);
                ParseResult result = PacketParser.parse(burst.memory(), burst.offset(0), length, parsed);
                if (NativeMemory.getShort(lookup.notes + FrameNote.KIND) == FrameNote.OTHER) {
                    brokenFrames += result == ParseResult.OK ? 0 : 1;
                    continue;
                }
                plainFrames++;
                assertThat(result).as("seed %d, frame %d", seed, i).isEqualTo(ParseResult.OK);
                PlainParser.parse(burst.memory(), burst.offset(0), length, plain);
                assertSame(seed, i);
                FlowKey key = new FlowKey();
                FlowKey noted = new FlowKey();
                assertThat(key.set(parsed)).isTrue();
                noted.set(
                        plain,
                        NativeMemory.getLong(lookup.notes + FrameNote.WORD),
                        NativeMemory.getShort(lookup.notes + FrameNote.FROM_LOWER) != 0);
                assertThat(noted).usingRecursiveComparison().isEqualTo(key);
                assertThat(NativeMemory.getLong(lookup.notes + FrameNote.HASH)).isEqualTo(table.hash(key));
            }
            lookup.free();
        }
        assertThat(plainFrames).isGreaterThan(FRAMES / 4);
        assertThat(brokenFrames).isGreaterThan(FRAMES / 20);
    }

    private void assertSame(long seed, int frame) {
        boolean isSame = plain.frameOffset == parsed.frameOffset
                && plain.frameLength == parsed.frameLength
                && plain.sourceMac == parsed.sourceMac
                && plain.destinationMac == parsed.destinationMac
                && plain.etherType == parsed.etherType
                && plain.vlan == parsed.vlan
                && plain.family == parsed.family
                && plain.ipOffset == parsed.ipOffset
                && plain.ipLength == parsed.ipLength
                && plain.hopLimit == parsed.hopLimit
                && plain.sourceHigh == parsed.sourceHigh
                && plain.sourceLow == parsed.sourceLow
                && plain.destinationHigh == parsed.destinationHigh
                && plain.destinationLow == parsed.destinationLow
                && plain.protocol == parsed.protocol
                && plain.transportOffset == parsed.transportOffset
                && plain.transportLength == parsed.transportLength
                && plain.isFragment == parsed.isFragment
                && plain.isLaterFragment == parsed.isLaterFragment
                && plain.sourcePort == parsed.sourcePort
                && plain.destinationPort == parsed.destinationPort
                && (plain.isUdp() || isSameTcp());
        if (!isSame) {
            // names the field
            assertThat(plain)
                    .as("seed %d, frame %d", seed, frame)
                    .usingRecursiveComparison()
                    .isEqualTo(parsed);
        }
    }

    private boolean isSameTcp() {
        return plain.tcpFlags == parsed.tcpFlags
                && plain.tcpSequence == parsed.tcpSequence
                && plain.tcpAcknowledgement == parsed.tcpAcknowledgement
                && plain.tcpWindow == parsed.tcpWindow
                && plain.tcpPayloadLength == parsed.tcpPayloadLength
                && plain.tcpOptionsOffset == parsed.tcpOptionsOffset
                && plain.tcpOptionsLength == parsed.tcpOptionsLength;
    }

    private static FrameBuilder frame(Random random) {
        FrameBuilder frame = FrameBuilder.frame(Frames.PEER_MAC, Frames.VM_MAC);
        if (random.nextBoolean()) {
            frame.ip(Frames.PEER, Frames.VM);
        } else {
            frame.ip(Frames.PEER6, Frames.VM6);
        }
        int port = 1 + random.nextInt(65_535);
        if (random.nextInt(4) == 0) {
            return frame.udp(port, 443);
        }
        frame.tcp(port, 443).sequence(random.nextInt());
        return switch (random.nextInt(3)) {
            case 0 -> frame.flags(PacketView.TCP_SYN).tcpOptions(new byte[] {2, 4, 5, (byte) 180, 1, 3, 3, 7});
            case 1 -> frame.flags(PacketView.TCP_ACK).acknowledgement(random.nextInt());
            default -> frame.flags(random.nextInt(256)).payload(new byte[random.nextInt(20)]);
        };
    }
}
