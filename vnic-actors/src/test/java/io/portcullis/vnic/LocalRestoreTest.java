package io.portcullis.vnic;

import static io.portcullis.vnic.testkit.Samples.DB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.WEB_1;
import static io.portcullis.vnic.testkit.Samples.WEB_1_ETH0;
import static io.portcullis.vnic.testkit.Samples.checkpoint;
import static io.portcullis.vnic.testkit.Samples.connections;
import static io.portcullis.vnic.testkit.Samples.table;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.runtime.DataPathException.Reason;
import io.portcullis.datapath.runtime.VnicMode;
import io.portcullis.datapath.runtime.VnicStatus;
import io.portcullis.persistence.Checkpoints;
import io.portcullis.persistence.testkit.WrittenCheckpoints;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.vnic.testkit.FakeDataPath;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalRestoreTest {
    @TempDir
    private Path directory;

    private final FakeDataPath dataPath = new FakeDataPath();
    private Checkpoints checkpoints;

    @BeforeEach
    void writeCheckpoints() throws IOException {
        checkpoints = new Checkpoints(directory);
        WrittenCheckpoints.write(checkpoints, checkpoint(WEB_1_ETH0, 1, 3, table(Action.ALLOW), connections("flow")));
        WrittenCheckpoints.write(checkpoints, checkpoint(DB_1_ETH0, 2, 8, table(Action.REJECT), connections("query")));
    }

    @Test
    void shouldEnforceWithRulesAndConnectionsUnderTheOldEpoch() {
        List<VnicStatus> enforcing = restore();

        assertThat(enforcing).extracting(VnicStatus::vnic).containsExactlyInAnyOrder(WEB_1_ETH0, DB_1_ETH0);
        assertThat(dataPath.mode(WEB_1_ETH0)).isEqualTo(VnicMode.ENFORCING);
        assertThat(dataPath.epoch(WEB_1_ETH0)).isEqualTo(3);
        assertThat(dataPath.rules(WEB_1_ETH0)).isEqualTo(table(Action.ALLOW));
        assertThat(dataPath.table(WEB_1_ETH0).digest())
                .isEqualTo(connections("flow").digest());
        assertThat(dataPath.rules(DB_1_ETH0)).isEqualTo(table(Action.REJECT));
    }

    @Test
    void shouldNotTouchAVmOfWhichAnyVnicWasBeingHandedOver() throws IOException {
        checkpoints.notes().open(new VnicId(WEB_1, "eth1"), 3);

        assertThat(restore()).extracting(VnicStatus::vnic).containsExactly(DB_1_ETH0);
        assertThat(dataPath.mode(WEB_1_ETH0)).isNull();
    }

    @Test
    void shouldNotTouchAVmOfWhichNobodyKnowsWhetherItsMigrationIsOver() throws IOException {
        checkpoints.arrivals().open(new VnicId(WEB_1, "eth1"), 3);

        assertThat(restore()).extracting(VnicStatus::vnic).containsExactly(DB_1_ETH0);
        assertThat(dataPath.mode(WEB_1_ETH0)).isNull();
    }

    @Test
    void shouldNotMindANoteOfALowerEpoch() throws IOException {
        checkpoints.notes().open(WEB_1_ETH0, 1);
        checkpoints.arrivals().open(WEB_1_ETH0, 2);

        assertThat(restore()).hasSize(2);
    }

    @Test
    void shouldEnforceWithoutConnectionsWhenTheTableIsRefused() {
        dataPath.failNext("restoreTable", Reason.BAD_SNAPSHOT);

        assertThat(restore()).hasSize(2).allMatch(status -> status.mode() == VnicMode.ENFORCING);
    }

    @Test
    void shouldEnforceNothingWithoutAPortOrRulesAndGoOnWithTheOthers() {
        dataPath.failNext("attach", Reason.PORT);
        assertThat(restore()).hasSize(1);

        dataPath.crash();
        dataPath.failNext("installRules", Reason.BUSY);
        List<VnicStatus> enforcing = restore();
        assertThat(enforcing).hasSize(1);
        VnicId failed = enforcing.getFirst().vnic().equals(WEB_1_ETH0) ? DB_1_ETH0 : WEB_1_ETH0;
        assertThat(dataPath.mode(failed)).isEqualTo(VnicMode.PASSIVE);
    }

    @Test
    void shouldNotWaitForAPortLongerThanTheLimit() {
        dataPath.hold("attach");

        assertThat(new LocalRestore(dataPath, checkpoints, 1_000, Duration.ofMillis(20)).run())
                .isEmpty();
    }

    private List<VnicStatus> restore() {
        return new LocalRestore(dataPath, checkpoints, 1_000, Duration.ofSeconds(60)).run();
    }
}
