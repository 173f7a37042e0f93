package io.portcullis.migration.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.migration.model.ReplicaSending.Order;
import io.portcullis.migration.model.ReplicaSending.Say;
import io.portcullis.migration.model.ReplicaSending.Send;
import io.portcullis.persistence.CheckpointPosition;
import io.portcullis.policy.HostId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReplicaSendingTest {
    private static final HostId TWO = new HostId("host-2");
    private static final HostId THREE = new HostId("host-3");
    private static final VnicId ETH0 = VnicId.parse("acme/web-1/eth0");
    private static final VnicId ETH1 = VnicId.parse("acme/web-1/eth1");
    private static final VmId WEB = ETH0.vm();
    private static final long STORE = 77;
    private static final long PATIENCE = 100;
    private static final int PIECE = ReplicaSending.PIECE_BYTES;

    private final ReplicaSending sending = new ReplicaSending(new ReplicaSending.Limits(PATIENCE, 1_000, 10_000));
    private final Map<VnicId, CheckpointPosition> positions = new HashMap<>();
    private long now;

    @BeforeEach
    void want() {
        sending.wanted(Map.of(WEB, List.of(ETH0, ETH1)));
    }

    @Test
    void shouldSendAllOfAllVnicsAndThenSayWhereTheyAre() {
        positions.put(ETH0, new CheckpointPosition(1, 5, PIECE + 10, 3));
        positions.put(ETH1, new CheckpointPosition(2, 5, 20, 1));

        assertThat(tick(TWO)).containsExactly(new Send(ETH0, TWO, positions.get(ETH0), 0, false));
        assertThat(tick(TWO)).as("one piece at a time").isEmpty();
        assertThat(taken(ETH0, 1, PIECE)).containsExactly(new Send(ETH0, TWO, positions.get(ETH0), PIECE, false));
        assertThat(taken(ETH0, 1, PIECE + 10)).containsExactly(new Send(ETH1, TWO, positions.get(ETH1), 0, true));
        assertThat(taken(ETH1, 2, 20)).containsExactly(new Say(WEB, 5, TWO, null));
        assertThat(tick(TWO))
                .as("nothing is new")
                .containsExactly(new Send(ETH0, TWO, positions.get(ETH0), PIECE + 10, true));
        assertThat(taken(ETH0, 1, PIECE + 10)).isEmpty();

        positions.put(ETH1, new CheckpointPosition(2, 5, 50, 2));
        assertThat(tick(TWO)).as("what is new").containsExactly(new Send(ETH1, TWO, positions.get(ETH1), 20, true));
        taken(ETH1, 2, 50);
        positions.put(ETH1, new CheckpointPosition(3, 5, 30, 2));
        assertThat(tick(TWO)).as("begun anew").containsExactly(new Send(ETH1, TWO, positions.get(ETH1), 0, true));
    }

    @Test
    void shouldSayNothingBeforeTheVmEnforcesHereAndWhileItsVnicsHaveTwoEpochs() {
        assertThat(tick(TWO)).isEmpty();

        positions.put(ETH0, new CheckpointPosition(1, 5, 10, 0));
        positions.put(ETH1, new CheckpointPosition(2, 7, 10, 0));
        assertThat(tick(TWO)).containsExactly(new Send(ETH0, TWO, positions.get(ETH0), 0, false));
        assertThat(taken(ETH0, 1, 10)).containsExactly(new Send(ETH1, TWO, positions.get(ETH1), 0, false));
        assertThat(taken(ETH1, 2, 10)).isEmpty();

        positions.put(ETH0, new CheckpointPosition(3, 7, 10, 0));
        assertThat(tick(TWO)).containsExactly(new Send(ETH0, TWO, positions.get(ETH0), 0, true));
        assertThat(taken(ETH0, 3, 10)).containsExactly(new Say(WEB, 7, TWO, null));
    }

    @Test
    void shouldSendAnewToAHostThatHasStartedAgainAndLeaveOneThatDoesNotAnswer() {
        positions.put(ETH0, new CheckpointPosition(1, 5, 10, 0));
        positions.put(ETH1, new CheckpointPosition(2, 5, 20, 0));
        tick(TWO);
        taken(ETH0, 1, 10);
        taken(ETH1, 2, 20);

        tick(TWO);
        assertThat(sending.taken(ETH0, TWO, STORE + 1, 1, 0, now))
                .containsExactly(new Send(ETH0, TWO, positions.get(ETH0), 0, false));
        now += PATIENCE + 1;
        assertThat(tick(TWO)).as("it waits for its turn").isEmpty();
        sending.unsent(WEB);
        assertThat(tick(TWO)).containsExactly(new Send(ETH0, TWO, positions.get(ETH0), 0, false));
        sending.sent(WEB, now);
        assertThat(sending.taken(ETH0, TWO, STORE + 1, 1, 10, now))
                .containsExactly(new Send(ETH1, TWO, positions.get(ETH1), 0, true));
        sending.sent(WEB, now);
        now += PATIENCE + 1;
        assertThat(tick(TWO, THREE))
                .as("no answer")
                .containsExactly(new Send(ETH0, THREE, positions.get(ETH0), 0, false));
    }

    @Test
    void shouldLeaveAHostThatRefusesOrIsGoneAndSayWhenThereIsNone() {
        positions.put(ETH0, new CheckpointPosition(1, 5, 10, 0));
        assertThat(tick()).containsExactly(new Say(WEB, 5, null, "no other host is up"));

        tick(TWO);
        sending.refused(WEB, TWO, "it is full", now);
        assertThat(tick(TWO)).containsExactly(new Say(WEB, 5, null, "host host-2: it is full"));
        assertThat(tick(TWO, THREE)).containsExactly(new Send(ETH0, THREE, positions.get(ETH0), 0, true));
        taken(THREE, ETH0, 1, 10);

        now += PATIENCE / 2;
        assertThat(tick(TWO))
                .as("a short while")
                .allMatch(order -> order instanceof Send send && send.to().equals(THREE));
        now += PATIENCE;
        assertThat(tick(TWO))
                .as("TWO is not asked yet")
                .containsExactly(new Say(WEB, 5, null, "host host-2: it is full"));
        now += 1_000;
        assertThat(tick(TWO)).containsExactly(new Send(ETH0, TWO, positions.get(ETH0), 0, true));
        assertThat(taken(ETH0, 1, 10)).containsExactly(new Say(WEB, 5, TWO, null));
    }

    @Test
    void shouldSpreadReplicasOverAllOtherHosts() {
        Map<HostId, Integer> counts = new HashMap<>();
        Set<HostId> hosts = new HashSet<>();
        for (int host = 0; host < 10; host++) {
            hosts.add(new HostId("host-" + host));
        }
        for (int vm = 0; vm < 1_000; vm++) {
            VnicId vnic = VnicId.parse("acme/web-" + vm + "/eth0");
            HostId best = ReplicaSending.best(vnic.vm(), hosts).orElseThrow();
            counts.merge(best, 1, Integer::sum);
            Set<HostId> without = new HashSet<>(hosts);
            without.remove(best);
            without.remove(new HostId("host-0"));
            assertThat(ReplicaSending.best(vnic.vm(), without))
                    .isPresent()
                    .get()
                    .isNotEqualTo(best);
        }
        assertThat(counts.values()).hasSize(10).allMatch(count -> count > 50 && count < 200);
    }

    @Test
    void shouldForgetVmsThatAreNotWantedAnyMore() {
        positions.put(ETH0, new CheckpointPosition(1, 5, 10, 0));
        tick(TWO);
        sending.wanted(Map.of());
        assertThat(sending.isIdle()).isTrue();
        assertThat(tick(TWO)).isEmpty();
        assertThat(taken(ETH0, 1, 10)).isEmpty();
    }

    private List<Order> tick(HostId... usable) {
        return new ArrayList<>(
                sending.tick(vnic -> positions.getOrDefault(vnic, CheckpointPosition.NONE), Set.of(usable), now));
    }

    private List<Order> taken(VnicId vnic, long file, long bytes) {
        return taken(TWO, vnic, file, bytes);
    }

    private List<Order> taken(HostId by, VnicId vnic, long file, long bytes) {
        return sending.taken(vnic, by, STORE, file, bytes, now);
    }
}
