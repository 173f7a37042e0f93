package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.connections;
import static io.portcullis.vnic.testkit.Samples.table;
import static io.portcullis.vnic.testkit.Samples.vnicSpec;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.track.SavedTable;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.persistence.Checkpoint;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.vnic.testkit.FakeDataPath;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written of one vNIC, round by round; all in the thread of the test. */
class CheckpointWriterTest {
    private static final RuleTable RULES = table(Action.ALLOW);
    private static final int LARGE = CheckpointWriter.MAX_CONNECTIONS_AT_ONCE + 1;

    @TempDir
    private Path directory;

    private final FakeDataPath dataPath = new FakeDataPath();
    private Checkpoints checkpoints;
    private CheckpointWriter writer;
    private RuleTable known = RULES;

    @BeforeEach
    void enforce() {
        checkpoints = new Checkpoints(directory);
        writer = newWriter();
        get(dataPath.attach(vnicSpec(WEB_1_ETH0, 1).attachment(3, 1_000)));
        get(dataPath.installRules(WEB_1_ETH0, 3, 7, RULES));
        get(dataPath.activate(WEB_1_ETH0, 3, 0));
    }

    @Test
    void shouldWriteTheWholeOnceAndThenWhatHasChanged() {
        dataPath.setTable(WEB_1_ETH0, connections("one"));
        assertThat(write(false)).isEqualTo(1);
        dataPath.setTable(WEB_1_ETH0, connections("two"));
        assertThat(write(false)).isEqualTo(1);
        assertThat(write(false)).as("nothing happened").isZero();

        assertWritten(1, 1);
        assertThat(read().table().parts()).hasSize(2);
        assertRestores("two");
    }

    @Test
    void shouldWriteNewRulesWithoutTheTable() {
        dataPath.setTable(WEB_1_ETH0, connections("one"));
        write(false);
        known = table(Action.REJECT);
        get(dataPath.installRules(WEB_1_ETH0, 3, 8, known));
        assertThat(write(false)).isEqualTo(1);

        assertWritten(1, 1);
        assertThat(read().rules()).isEqualTo(known);
        assertThat(read().policyRevision()).isEqualTo(8);
        assertThat(read().table().parts()).hasSize(1);
        assertRestores("one");
    }

    @Test
    void shouldBeginAnewUnderANewEpochAndWhenTheDataPathHasEndedTheCopy() {
        dataPath.setTable(WEB_1_ETH0, connections("one"));
        write(false);
        get(dataPath.reclaim(WEB_1_ETH0, 5));
        assertThat(write(false)).isEqualTo(1);
        assertWritten(2, 0);
        assertThat(read().epoch()).isEqualTo(5);

        dataPath.endCopies(WEB_1_ETH0);
        dataPath.setTable(WEB_1_ETH0, connections("two"));
        HostReply.Checkpointed without = round(false);
        assertThat(without.tablesWritten()).isZero();
        assertThat(without.failures()).as("it is nobody's failure").isEmpty();
        assertRestores("one");
        assertThat(write(false)).isEqualTo(1);
        assertWritten(3, 0);
        assertRestores("two");
    }

    @Test
    void shouldHaveAllOnDiskAtAStopThoughTheCopyHasEnded() {
        dataPath.setTable(WEB_1_ETH0, connections("one"));
        write(false);
        dataPath.endCopies(WEB_1_ETH0);
        dataPath.setTable(WEB_1_ETH0, connections("two"));

        assertThat(write(true)).isEqualTo(1);

        assertRestores("two");
    }

    @Test
    void shouldWriteTheWholeAgainWhenTheRoundsAreLongerThanIt() {
        byte[] chunk = new byte[(int) CheckpointWriter.MIN_ADDED_BYTES];
        for (int round = 0; round < 4; round++) {
            chunk[0] = (byte) round;
            dataPath.setTable(WEB_1_ETH0, new TableSnapshot(List.of(chunk.clone()), 1, 1));
            assertThat(write(false)).isEqualTo(1);
        }

        assertThat(checkpoints.counters()).containsEntry("checkpoint.files", 2L).containsEntry("checkpoint.rounds", 3L);
        assertThat(read().table().parts().getLast().chunks().getFirst()[0]).isEqualTo((byte) 3);
        assertThat(read().table().parts().size()).isLessThan(4);
    }

    @Test
    void shouldWriteALargeTableBesideRoundsAndUseItWhenItIsReady() {
        dataPath.setTable(WEB_1_ETH0, large("one"));
        CompletableFuture<Void> gate = dataPath.hold("copyNext");
        assertThat(write(false)).isZero();
        assertThat(write(false)).as("it is being written").isZero();
        assertThat(checkpoints.read(WEB_1_ETH0)).isEmpty();
        gate.complete(null);

        assertThat(write(false)).isEqualTo(1);

        assertWritten(1, 0);
        assertThat(read().table().entries()).isEqualTo(LARGE);
    }

    @Test
    void shouldHaveALargeTableOnDiskAtAStop() {
        dataPath.setTable(WEB_1_ETH0, large("one"));

        assertThat(write(true)).isEqualTo(1);

        assertThat(read().table().entries()).isEqualTo(LARGE);
    }

    @Test
    void shouldSayWhatCouldNotBeWrittenAndTryAgain() {
        dataPath.setTable(WEB_1_ETH0, connections("one"));
        dataPath.failNext("copyNext", Reason.BUSY);
        assertThat(round(false).failures()).hasSize(1);
        assertThat(checkpoints.read(WEB_1_ETH0)).isEmpty();
        assertThat(write(false)).isEqualTo(1);
        assertRestores("one");
    }

    @Test
    void shouldGoOnAfterAnotherWriterOfTheSameDataPath() {
        dataPath.setTable(WEB_1_ETH0, connections("one"));
        write(false);
        writer = newWriter();
        dataPath.setTable(WEB_1_ETH0, connections("two"));
        assertThat(write(false)).isEqualTo(1);
        assertRestores("two");
    }

    @Test
    void shouldWriteNothingOfAVnicThatHasLeft() {
        dataPath.setTable(WEB_1_ETH0, connections("one"));
        write(false);
        get(writer.forget(List.of(WEB_1_ETH0), 3, true));
        write(false);
        assertThat(checkpoints.read(WEB_1_ETH0)).isEmpty();
    }

    @Test
    void shouldWriteAllVnicsWithoutConnectionsAndKeepNothingOfThemInMemory() {
        Map<VnicId, CheckpointWriter.Known> all = new HashMap<>();
        all.put(WEB_1_ETH0, new CheckpointWriter.Known(vnicSpec(WEB_1_ETH0, 1), known));
        for (int i = 1; i < 10; i++) {
            VnicId vnic = new VnicId(WEB_1_ETH0.vm(), "eth" + i);
            all.put(vnic, new CheckpointWriter.Known(vnicSpec(vnic, i + 1), known));
            get(dataPath.attach(vnicSpec(vnic, i + 1).attachment(3, 1_000)));
            get(dataPath.installRules(vnic, 3, 7, RULES));
            get(dataPath.activate(vnic, 3, 0));
        }
        dataPath.failNext("copyNext", Reason.BUSY);

        HostReply.Checkpointed written = get(writer.write(get(dataPath.statuses()), all, false));

        assertThat(written.failures())
                .as("nobody is asked for a copy of nothing")
                .isEmpty();
        assertThat(written.tablesWritten()).isEqualTo(10);
        assertThat(checkpoints.readAll()).hasSize(10).allSatisfy(checkpoint -> {
            assertThat(checkpoint.rules()).isEqualTo(RULES);
            assertThat(checkpoint.policyRevision()).isEqualTo(7);
            assertThat(checkpoint.table()).isEqualTo(SavedTable.EMPTY);
        });
        dataPath.setTable(WEB_1_ETH0, connections("one"));
        assertThat(round(false).failures()).hasSize(1);
        assertThat(write(false)).isEqualTo(1);
        assertRestores("one");
    }

    private CheckpointWriter newWriter() {
        return new CheckpointWriter(
                dataPath, checkpoints, Runnable::run, Clock.systemUTC(), 1_000, new CheckpointRate(1 << 30, () -> 0));
    }

    private int write(boolean all) {
        HostReply.Checkpointed done = round(all);
        assertThat(done.failures()).isEmpty();
        return done.tablesWritten();
    }

    private HostReply.Checkpointed round(boolean all) {
        CheckpointWriter.Known vnic = new CheckpointWriter.Known(vnicSpec(WEB_1_ETH0, 1), known);
        return get(writer.write(get(dataPath.statuses()), Map.of(WEB_1_ETH0, vnic), all));
    }

    private Checkpoint read() {
        return checkpoints.read(WEB_1_ETH0).orElseThrow();
    }

    private void assertWritten(long files, long rounds) {
        assertThat(checkpoints.counters().getOrDefault("checkpoint.files", 0L)).isEqualTo(files);
        assertThat(checkpoints.counters().getOrDefault("checkpoint.rounds", 0L)).isEqualTo(rounds);
    }

    private void assertRestores(String connections) {
        FakeDataPath restarted = new FakeDataPath();
        get(restarted.attach(read().attachment()));
        get(restarted.restoreTable(WEB_1_ETH0, read().epoch(), read().table()));
        TableSnapshot restored = restarted.table(WEB_1_ETH0);
        assertThat(restored).isNotNull();
        assertThat(restored.digest()).isEqualTo(connections(connections).digest());
    }

    private static TableSnapshot large(String content) {
        return new TableSnapshot(connections(content).chunks(), LARGE, 1);
    }

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
