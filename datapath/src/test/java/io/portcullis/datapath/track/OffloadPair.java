package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.engine.VnicIdentity;
import io.portcullis.datapath.offload.PlainFlowOffload;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.Action;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An engine behind a port that takes over connections, and one that sees every frame: both must say and remember the same. */
final class OffloadPair implements AutoCloseable {
    final VnicEngine behind = engine();
    final VnicEngine alone = engine();
    final PlainFlowOffload port;
    long now;

    private final String description;
    private final Arena arena = Arena.ofConfined();
    private final Burst one = new Burst(arena);
    private final Burst[] replies = {new Burst(arena), new Burst(arena), new Burst(arena), new Burst(arena)};
    private final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];

    OffloadPair(String description, int capacity, int afterPackets, long now) {
        this.description = description;
        this.now = now;
        port = new PlainFlowOffload(Frames.VM_MAC, capacity);
        behind.offloadTo(port, afterPackets);
    }

    private static VnicEngine engine() {
        return new VnicEngine(
                new VnicIdentity(VnicId.parse("acme/web-1/eth0"), Frames.VM_MAC, List.of(Frames.VM, Frames.VM6)), 200);
    }

    void install(long revision, Action action, boolean isLoose) {
        install(revision, action, isLoose, TimeoutPreset.LINUX);
    }

    void install(long revision, Action action, boolean isLoose, TimeoutPreset timeouts) {
        RuleTable table = new RuleTable("t" + revision, List.of(), action, isLoose, timeouts, false);
        behind.install(revision, table, now);
        alone.install(revision, table, now);
    }

    /** What both say about a frame. */
    Verdict send(Direction direction, FrameBuilder frame) {
        one.clear();
        frame.appendTo(one);
        return send(direction, one, 0);
    }

    Verdict send(Direction direction, Burst burst, int i) {
        for (Burst reply : replies) {
            reply.clear();
        }
        Verdict offloaded = behindOnly(direction, burst, i);
        alone.process(burst, i, i + 1, direction, now, verdicts, replies[2], replies[3]);
        assertThat(offloaded).as(description).isEqualTo(verdicts[i]);
        assertThat(replies[0].count()).as(description).isEqualTo(replies[2].count());
        assertThat(replies[1].count()).as(description).isEqualTo(replies[3].count());
        return offloaded;
    }

    /** For a test that looks at nothing else. */
    Verdict behindOnly(Direction direction, Burst burst, int i) {
        if (port.pass(burst, i, direction, now)) {
            return Verdict.ALLOW;
        }
        behind.process(burst, i, i + 1, direction, now, verdicts, replies[0], replies[1]);
        return verdicts[i];
    }

    void expire() {
        behind.expire(now);
        alone.expire(now);
        assertThat(behind.connectionCount()).as(description).isEqualTo(alone.connectionCount());
    }

    /** Counters, connections and export are the same. */
    void compare() {
        Map<String, Long> counters = new TreeMap<>(behind.counters());
        counters.keySet().removeIf(name -> name.startsWith("offload."));
        assertThat(counters).as(description).isEqualTo(alone.counters());
        assertThat(behind.connections(1_000, now))
                .as(description)
                .containsExactlyInAnyOrderElementsOf(alone.connections(1_000, now));
        assertThat(behind.exportTable(now).digest())
                .as(description)
                .isEqualTo(alone.exportTable(now).digest());
    }

    long counter(String name) {
        return behind.counters().getOrDefault(name, 0L);
    }

    @Override
    public void close() {
        behind.close();
        alone.close();
        arena.close();
    }
}
