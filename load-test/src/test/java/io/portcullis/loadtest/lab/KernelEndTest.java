package io.portcullis.loadtest.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.port.FramePort;
import io.portcullis.policy.MacAddress;
import io.portcullis.ports.kernel.KernelBackend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ends of VMs and an observer of the fabric on a kernel's TAP devices, without a firewall between them. Needs root. */
class KernelEndTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final MacAddress MAC = new MacAddress(0x0263_0000_0001L);
    private static final int FRAMES = 100;
    private static final int VLAN = 42;

    @BeforeEach
    void needRoot() {
        if (!KernelLab.isPossible()) {
            System.out.println("KernelEndTest: skipped, it needs root on Linux, ip (iproute2) and /dev/net/tun");
        }
        assumeTrue(KernelLab.isPossible());
    }

    @Test
    void shouldCarryFramesAsTheyAreInOrderAndSayNothingByItself() throws Exception {
        List<byte[]> frames = frames(0);
        try (KernelLab lab = KernelLab.create();
                Arena arena = Arena.ofShared()) {
            WireEnd end = lab.addEnd("end", MAC);
            List<byte[]> atEnd = new CopyOnWriteArrayList<>();
            end.onReceive((_, frame) -> atEnd.add(frame));
            try (FramePort host = new KernelBackend().openVmPort(end.port(), MAC)) {
                Burst burst = new Burst(arena);
                List<byte[]> atHost = new ArrayList<>();

                frames.forEach(frame -> assertThat(end.send(frame)).isTrue());
                await().atMost(LIMIT).until(() -> receive(host, burst, atHost) >= FRAMES);
                assertThat(atHost).containsExactlyElementsOf(frames);

                frames.forEach(frame -> send(arena, host, frame));
                await().atMost(LIMIT).until(() -> atEnd.size() >= FRAMES);
                assertThat(atEnd).containsExactlyElementsOf(frames);
            }
        }
    }

    @Test
    void shouldShowWhatAHostSendsToTheFabricWithItsTag() throws Exception {
        List<byte[]> frames = frames(VLAN);
        List<byte[]> seen = new CopyOnWriteArrayList<>();
        try (KernelLab lab = KernelLab.create();
                Arena arena = Arena.ofShared();
                FrameLab.Observation _ = lab.observe(List.of("host-1"), (host, frame) -> {
                    assertThat(host).isEqualTo("host-1");
                    seen.add(frame);
                });
                FramePort host = new KernelBackend().openUplink(lab.uplink("host-1"));
                FramePort other = new KernelBackend().openUplink(lab.uplink("a-host-with-a-long-name"))) {
            Burst burst = new Burst(arena);
            List<byte[]> atOther = new ArrayList<>();

            frames.forEach(frame -> send(arena, host, frame));

            await().atMost(LIMIT).until(() -> {
                receive(other, burst, atOther);
                return atOther.stream().anyMatch(frame -> Arrays.equals(frame, frames.getLast()));
            });
            await().atMost(LIMIT).until(() -> seen.size() >= FRAMES);
            assertThat(seen).containsExactlyElementsOf(frames);
            // The devices of a fabric speak of themselves, too.
            assertThat(atOther)
                    .filteredOn(frame -> frame[6] == 2 && frame[7] == 0x63)
                    .containsExactlyElementsOf(frames);
        }
    }

    private static List<byte[]> frames(int vlan) {
        List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < FRAMES; i++) {
            FrameBuilder frame = FrameBuilder.rarpAnnouncement(new MacAddress(MAC.value() + i));
            frames.add((vlan == 0 ? frame : frame.vlan(vlan)).build());
        }
        return frames;
    }

    private static void send(Arena arena, FramePort port, byte[] frame) {
        MemorySegment memory = arena.allocate(Burst.VNET_HEADER_BYTES + (long) frame.length);
        MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, Burst.VNET_HEADER_BYTES, frame.length);
        assertThat(port.send(memory, Burst.VNET_HEADER_BYTES, frame.length)).isTrue();
    }

    private static int receive(FramePort port, Burst burst, List<byte[]> into) {
        burst.clear();
        port.receive(burst);
        for (int i = 0; i < burst.count(); i++) {
            into.add(burst.memory().asSlice(burst.offset(i), burst.length(i)).toArray(ValueLayout.JAVA_BYTE));
        }
        return into.size();
    }
}
