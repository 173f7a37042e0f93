package io.portcullis.loadtest.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.port.Burst;
import io.portcullis.loadtest.bench.TrackBench.TrackResult;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That the benchmark measures what it says; how fast is no matter here. */
class TrackBenchTest {
    @ParameterizedTest
    @CsvSource({"false, false", "true, false", "false, true", "true, true"})
    void shouldRunEveryPhaseWithoutAWrongVerdict(boolean isIpv6, boolean verifiesChecksums) {
        TrackRun.Effort little = new TrackRun.Effort(1, 1, 5_000, 8_192);
        TrackResult result = new TrackRun(2_000, 100, isIpv6, 64, 256, verifiesChecksums, little).run();
        assertThat(result.wrongVerdicts()).isZero();
        assertThat(result.packetsPerSecond()).isPositive();
        assertThat(result.setupsPerSecond()).isPositive();
        assertThat(result.fullTcpLivesPerSecond()).isPositive();
        assertThat(result.bytesPerConnection()).isBetween(88.0, isIpv6 ? 140.0 : 110.0);
        assertThat(result.json()).startsWith("{\"connections\":2000,").doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldMakeFramesOfAsManyConnectionsAsItSays(boolean isIpv6) {
        TrackFrames frames = new TrackFrames(10_000, 7, isIpv6, 64);
        Set<String> seen = new HashSet<>();
        PacketView packet = new PacketView();
        try (Arena arena = Arena.ofConfined()) {
            Burst burst = new Burst(arena);
            for (int i = 0; i < 10_000; i++) {
                burst.clear();
                frames.begin(i);
                frames.append(burst, i, Direction.OUT, PacketView.TCP_ACK, true);
                assertThat(PacketParser.parse(burst.memory(), burst.offset(0), burst.length(0), packet))
                        .isEqualTo(ParseResult.OK);
                seen.add(packet.destinationLow + " " + packet.sourcePort + " " + packet.destinationPort);
            }
        }
        assertThat(seen).hasSize(10_000);
    }

    @Test
    void shouldMeasureMemory() {
        MemoryFloor floor = MemoryFloor.of(1_000);
        assertThat(floor.dependentNanos()).isPositive();
        assertThat(floor.twoLinesNanos()).isPositive();
    }
}
