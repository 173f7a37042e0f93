package io.portcullis.datapath.runtime;

import static io.portcullis.datapath.runtime.TestHosts.allow;
import static io.portcullis.datapath.runtime.TestHosts.get;
import static io.portcullis.datapath.runtime.TestHosts.ip;
import static io.portcullis.datapath.runtime.TestHosts.mac;
import static io.portcullis.datapath.runtime.TestHosts.rules;
import static io.portcullis.datapath.runtime.TestHosts.vnic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A host with so many vNICs that it reads only the ports that have frames, and says only what has changed. */
class ManyVnicsTest {
    private static final int VNICS = StatusCollection.VNICS_PER_STEP + 2 * PortReads.FEW_VNICS;
    private static final RuleTable DNS = rules(allow(RuleDirection.BOTH, 17, 53));

    private final TestHosts hosts = new TestHosts(1);
    private final DataPathRuntime host = hosts.host("host-1");
    private final List<TestFabric.Vm> vms = new ArrayList<>();

    @BeforeEach
    void enforce() {
        for (int number = 1; number <= VNICS; number++) {
            vms.add(hosts.enforce(host, vnic(number, 1), DNS));
        }
    }

    @AfterEach
    void stop() {
        hosts.close();
    }

    private static VnicId id(int number) {
        return vnic(number, 1).vnic();
    }

    private static FrameBuilder dns(int from, int to) {
        return FrameBuilder.frame(mac(from), mac(to))
                .ip(ip("10.0.0." + from), ip("10.0.0." + to))
                .udp(4_000, 53)
                .payload(new byte[10]);
    }

    private TestFabric.Vm vm(int number) {
        return vms.get(number - 1);
    }

    private void awaitFrame(int number) {
        await().until(() -> vm(number).receive().length > 0);
    }

    /** Names what has changed since the mark, and answers the next one. */
    private long changes(long mark, Set<VnicId> found) {
        VnicNews news = get(host.changedSince(mark));
        news.vnics().forEach(status -> found.add(status.vnic()));
        assertThat(news.attached()).isEqualTo(VNICS);
        return news.mark();
    }

    @Test
    void shouldCarryTheFramesOfAll() {
        for (int number = 1; number <= VNICS; number++) {
            vm(number).send(dns(number, number % VNICS + 1).build());
        }
        for (int number = 1; number <= VNICS; number++) {
            awaitFrame(number);
        }
        vm(1).send(dns(1, VNICS).build());
        awaitFrame(VNICS);
    }

    @Test
    void shouldSayAllAtFirstAndThenWhatHasChanged() {
        Set<VnicId> found = new HashSet<>();
        long mark = changes(VnicNews.BEGINNING, found);
        assertThat(found).hasSize(VNICS);
        assertThat(get(host.statuses())).hasSize(VNICS);

        vm(3).send(dns(3, 9).build());
        awaitFrame(9);
        Set<VnicId> changed = new HashSet<>();
        long[] next = {mark};
        await().until(() -> {
            next[0] = changes(next[0], changed);
            return changed.containsAll(Set.of(id(3), id(9)));
        });
        get(host.installRules(id(5), 1, 2, DNS));
        next[0] = changes(next[0], changed);
        assertThat(changed).contains(id(5));

        // nothing is left that time does anything to but two connections
        await().until(() -> {
            Set<VnicId> none = new HashSet<>();
            next[0] = changes(next[0], none);
            return none.isEmpty();
        });
        CompletionStage<HitLedger> hits = host.collectHits();
        assertThat(get(hits).of(id(3).tenant()).rules()).isNotEmpty();
    }

    @Test
    void shouldMoveOneOfManyToAHostWithMany() {
        DataPathRuntime other = hosts.host("host-2");
        for (int number = VNICS + 1; number <= VNICS + 2 * PortReads.FEW_VNICS; number++) {
            vms.add(hosts.enforce(other, vnic(number, 1), DNS));
        }

        TestHosts.move(host, other, vnic(5, 2), DNS);

        vm(5).send(dns(5, VNICS + 1).build());
        awaitFrame(VNICS + 1);
        vm(6).send(dns(6, 5).build());
        awaitFrame(5);
    }

    @Test
    void shouldGoOnWithTheOthersWhenSomeLeave() {
        for (int number = 1; number <= VNICS - 3; number++) {
            get(host.release(id(number), 1));
        }
        int last = VNICS;
        vm(last).send(dns(last, last - 1).build());
        awaitFrame(last - 1);
        assertThat(get(host.statuses())).hasSize(3);

        hosts.enforce(host, vnic(1, 2), DNS);
        vm(1).send(dns(1, last).build());
        awaitFrame(last);
    }
}
