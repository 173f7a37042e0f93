package io.portcullis.datapath.classify;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.portcullis.policy.Action;
import io.portcullis.policy.table.RuleTable;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Some of it looks at the whole heap. */
@Isolated
class CompiledRulesCacheTest {
    private static final int VNICS = 5_000;

    @Test
    void shouldCompileRulesOnceForAllVnicsThatHaveThem() {
        CompiledRulesCache cache = new CompiledRulesCache();
        RuleTable table = new RandomTables(1, 200).table(10_000);
        CompiledRules first = cache.of(table);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        Classifier[] classifiers = new Classifier[VNICS];
        for (int i = 0; i < VNICS; i++) {
            // another object with the same content, as each host's decoder makes it
            RuleTable same = new RuleTable(table.hash(), table.rules(), table.defaultAction(), table.looseTracking());
            classifiers[i] = cache.of(same).classifier();
        }
        long perVnic = (threads.getCurrentThreadAllocatedBytes() - before) / VNICS;
        assertThat(perVnic).isLessThan(500);
        assertThat(cache.of(table)).isSameAs(first);
        assertThat(cache.count()).isOne();
        assertThat(IntStream.range(0, VNICS).filter(i -> classifiers[i] == classifiers[0]))
                .as("each vNIC's packets are its own")
                .hasSize(1);
    }

    @Test
    void shouldForgetRulesThatNobodyHas() throws InterruptedException {
        CompiledRulesCache cache = new CompiledRulesCache();
        CompiledRules kept =
                cache.of(new RuleTable("kept", new RandomTables(1, 9).table(20).rules(), action(), false));
        cache.of(new RuleTable("left", new RandomTables(2, 9).table(20).rules(), action(), false));
        for (int i = 0; i < 100 && cache.count() > 1; i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertThat(cache.count()).isOne();
        assertThat(cache.of(kept.table())).isSameAs(kept);
    }

    private static Action action() {
        return Action.DROP;
    }

    @Test
    void shouldSayHowManyBytesAnIndexTakes() {
        List<FlowMatch> rules = new RandomMatches(3, 20_000).rules(60_000);
        long used = settled();
        // many, so that what other tests leave behind is little beside them
        List<RuleIndex> indexes =
                IntStream.range(0, 10).mapToObj(_ -> RuleIndex.of(rules)).toList();
        double taken = (settled() - used) / 10.0;
        assertThat((double) indexes.getFirst().bytes()).isCloseTo(taken, Percentage.withPercentage(8));
        assertThat(rules).hasSize(60_000);
    }

    /** Bytes on the heap when all garbage is gone. */
    private static long settled() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
