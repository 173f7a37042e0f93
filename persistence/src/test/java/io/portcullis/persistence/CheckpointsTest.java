package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.compile.RuleTableCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
    private static final VnicId WEB = VnicId.parse("acme/web-1/eth0");
    private static final VnicId DB = VnicId.parse("acme/db-1/eth0");

    @TempDir
    private Path directory;

    private Checkpoints checkpoints;

    @BeforeEach
    void open() {
        checkpoints = new Checkpoints(directory.resolve("checkpoints"));
    }

    @Test
    void shouldReadBackWhatWasWritten() throws IOException {
        Checkpoint written = aCheckpoint(WEB, 3);
        checkpoints.write(written);

        assertThat(checkpoints.read(WEB))
                .hasValueSatisfying(
                        read -> assertThat(read).usingRecursiveComparison().isEqualTo(written));
        assertThat(checkpoints.read(DB)).isEmpty();
    }

    @Test
    void shouldReadBackACheckpointWithoutRulesAndConnections() throws IOException {
        Checkpoint written =
                new Checkpoint(WEB, 1, 0, Instant.ofEpochMilli(5), null, new TableSnapshot(List.of(), 0, 0));
        checkpoints.write(written);

        assertThat(checkpoints.read(WEB)).contains(written);
    }

    @Test
    void shouldReplaceAndDelete() throws IOException {
        checkpoints.write(aCheckpoint(WEB, 3));
        checkpoints.write(aCheckpoint(WEB, 4));
        assertThat(checkpoints.read(WEB))
                .hasValueSatisfying(read -> assertThat(read.epoch()).isEqualTo(4));
        try (Stream<Path> files = Files.list(directory.resolve("checkpoints"))) {
            assertThat(files).hasSize(1);
        }

        checkpoints.delete(WEB);
        assertThat(checkpoints.read(WEB)).isEmpty();
        checkpoints.delete(WEB);
    }

    @Test
    void shouldRefuseEveryDamagedByteAndEveryTruncation() {
        byte[] good = CheckpointCodec.encode(aCheckpoint(WEB, 3));

        for (int index = 0; index < good.length; index++) {
            byte[] damaged = good.clone();
            damaged[index] ^= 0x10;
            assertThatThrownBy(() -> CheckpointCodec.decode(damaged))
                    .as("byte %d", index)
                    .isInstanceOf(IllegalArgumentException.class);
            byte[] truncated = Arrays.copyOf(good, index);
            assertThatThrownBy(() -> CheckpointCodec.decode(truncated))
                    .as("%d bytes", index)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldUseNeitherADamagedFileNorThatOfAnotherVnic() throws IOException {
        checkpoints.write(aCheckpoint(WEB, 3));
        Path file = directory.resolve("checkpoints/acme.web-1.eth0.checkpoint");
        Files.copy(file, directory.resolve("checkpoints/acme.db-1.eth0.checkpoint"));
        assertThat(checkpoints.read(DB)).isEmpty();

        Files.writeString(file, "PCKP");
        assertThat(checkpoints.read(WEB)).isEmpty();
    }

    private static Checkpoint aCheckpoint(VnicId vnic, long epoch) {
        return new Checkpoint(
                vnic,
                epoch,
                7,
                Instant.ofEpochMilli(1_700_000_000_123L),
                RuleTableCodec.seal(List.of(), Action.REJECT, true),
                new TableSnapshot(List.of(new byte[] {1, 2}, new byte[] {3}), 2, 99));
    }
}
