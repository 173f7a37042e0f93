package io.portcullis.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portcullis.datapath.runtime.VnicAttachment;
import io.portcullis.datapath.track.TableSnapshot;
import io.portcullis.policy.Action;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.compile.RuleTableCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
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
    void shouldReadBackACheckpointWithoutAddressesAndConnections() throws IOException {
        Checkpoint written = new Checkpoint(
                new VnicAttachment(WEB, 1, new MacAddress(2), List.of(), 1, "", 0),
                0,
                Instant.ofEpochMilli(5),
                RuleTableCodec.seal(List.of(), Action.DROP, false),
                new TableSnapshot(List.of(), 0, 0));
        checkpoints.write(written);

        assertThat(checkpoints.read(WEB)).contains(written);
    }

    @Test
    void shouldFindAllThatCanBeTrusted() throws IOException {
        assertThat(checkpoints.readAll()).isEmpty();
        checkpoints.write(aCheckpoint(WEB, 3));
        checkpoints.write(aCheckpoint(DB, 4));
        Files.writeString(directory.resolve("checkpoints/acme.db-2.eth0.checkpoint"), "PCKP");
        checkpoints.notes().open(WEB, 3);

        assertThat(checkpoints.readAll()).extracting(Checkpoint::vnic).containsExactlyInAnyOrder(WEB, DB);
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

        checkpoints.leave(WEB, 4);
        assertThat(checkpoints.read(WEB)).isEmpty();
        checkpoints.leave(WEB, 4);
    }

    @Test
    void shouldRemoveTheNoteWithTheCheckpointAndWriteNothingThatComesLate() throws IOException {
        checkpoints.write(aCheckpoint(WEB, 3));
        checkpoints.notes().open(WEB, 3);

        checkpoints.leave(WEB, 3);
        checkpoints.write(aCheckpoint(WEB, 3));

        assertThat(checkpoints.read(WEB)).isEmpty();
        assertThat(checkpoints.notes().find(WEB)).isEmpty();
    }

    @Test
    void shouldKeepWhatBelongsToAHigherEpochThanTheOneThatLeft() throws IOException {
        checkpoints.write(aCheckpoint(WEB, 5));
        checkpoints.notes().open(WEB, 5);

        checkpoints.leave(WEB, 3);

        assertThat(checkpoints.read(WEB)).isPresent();
        assertThat(checkpoints.notes().find(WEB)).hasValue(5);
        checkpoints.write(aCheckpoint(WEB, 5));
    }

    @Test
    void shouldTakeAWholeVmForHandedOverWhenOneOfItsVnicsIs() throws IOException {
        assertThat(checkpoints.notes().isOpen(WEB.vm(), 1)).isFalse();
        checkpoints.notes().open(new VnicId(WEB.vm(), "eth1"), 3);

        assertThat(checkpoints.notes().isOpen(WEB.vm(), 3)).isTrue();
        assertThat(checkpoints.notes().isOpen(WEB.vm(), 4)).isFalse();
        assertThat(checkpoints.notes().isOpen(DB.vm(), 1)).isFalse();

        Files.writeString(directory.resolve("checkpoints/acme.db-1.eth0.handover"), "?");
        assertThat(checkpoints.notes().isOpen(DB.vm(), 100)).isTrue();
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

    @Test
    void shouldReadCheckpointsFromBeforeThereWasProtection() {
        Checkpoint checkpoint = aCheckpoint(WEB, 3);
        VnicAttachment then = checkpoint.attachment();
        byte[] now = CheckpointCodec.encode(new Checkpoint(
                new VnicAttachment(
                        then.vnic(),
                        then.epoch(),
                        then.mac(),
                        then.addresses(),
                        then.vlan(),
                        then.port(),
                        then.maxConnections()),
                checkpoint.policyRevision(),
                checkpoint.written(),
                checkpoint.rules(),
                checkpoint.table()));
        int headerBytes = 16;
        int textBytes = then.vnic().toString().length() + then.port().length();
        int protectionAt = headerBytes + 4 + 8 + 8 + 4 + (4 + 4) + (4 + 16) + 4 + 4 + 4 + textBytes;
        ByteBuffer before = ByteBuffer.allocate(now.length - 2);
        before.put(now, 0, protectionAt).put(now, protectionAt + 2, now.length - protectionAt - 2);
        CRC32C crc = new CRC32C();
        crc.update(before.array(), headerBytes, before.capacity() - headerBytes);
        before.putInt(4, 2).putInt(8, before.capacity() - headerBytes).putInt(12, (int) crc.getValue());

        VnicAttachment read = CheckpointCodec.decode(before.array()).attachment();

        assertThat(read.protection()).isEqualTo(VnicProtection.STRICT);
        assertThat(read.isSameAs(then))
                .as("the other one is protected otherwise")
                .isFalse();
        assertThat(read.port()).isEqualTo(then.port());
    }

    private static Checkpoint aCheckpoint(VnicId vnic, long epoch) {
        return new Checkpoint(
                new VnicAttachment(
                        vnic,
                        epoch,
                        MacAddress.parse("02:00:00:00:00:11"),
                        List.of(InetAddress.ofLiteral("10.0.0.1"), InetAddress.ofLiteral("fd00::1")),
                        100,
                        "tap:web-1/eth0",
                        1_000,
                        new VnicProtection(true, false, true, false, 5)
                                .withDiscovery(AddressSource.ARP, AddressSource.DHCP)),
                7,
                Instant.ofEpochMilli(1_700_000_000_123L),
                RuleTableCodec.seal(List.of(), Action.REJECT, true),
                new TableSnapshot(List.of(new byte[] {1, 2}, new byte[] {3}), 2, 99));
    }
}
