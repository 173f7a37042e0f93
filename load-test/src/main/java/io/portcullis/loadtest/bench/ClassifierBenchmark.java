package io.portcullis.loadtest.bench;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.Classifier;
import io.portcullis.datapath.classify.CompiledRules;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.IpFamily;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time until the rule is found that decides about a first packet; for JMH and its profilers. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ClassifierBenchmark {
    private static final int PACKETS = 1 << 12;
    private static final int HOSTS_PER_RULE = 256;

    @Param({"100", "10000", "50000"})
    private int rules;

    private final PacketView[] packets = new PacketView[PACKETS];

    @SuppressWarnings("NullAway.Init") // compile() sets it
    private Classifier classifier;

    private int next;

    /** Compiles the rules and makes packets that each match one of them. */
    @Setup
    public void compile() {
        classifier = CompiledRules.of(TrackPolicy.of(rules, false)).classifier();
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < PACKETS; i++) {
            // rules of even number let others in
            int rule = random.nextInt(rules) & ~1;
            PacketView packet = new PacketView();
            packet.family = IpFamily.IPV4;
            packet.protocol = PacketView.PROTOCOL_TCP;
            packet.tcpFlags = PacketView.TCP_SYN;
            packet.sourceLow = TrackFrames.firstRemote(rule) + random.nextInt(HOSTS_PER_RULE);
            packet.destinationLow = 1;
            packet.sourcePort = 1_024 + random.nextInt(60_000);
            packet.destinationPort = TrackFrames.SERVER_PORT;
            packets[i] = packet;
        }
    }

    /** One look-up. */
    @Benchmark
    public int classify() {
        next = next + 1 & PACKETS - 1;
        return classifier.classify(packets[next], Direction.IN);
    }
}
